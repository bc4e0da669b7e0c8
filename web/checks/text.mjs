// Both languages are complete and zh-TW is Taiwan's: run by every build and by lint.
import { readdirSync, readFileSync } from "node:fs";

const read = (path) => readFileSync(new URL(path, import.meta.url), "utf8");
const [en, zh] = ["en", "zh-TW"].map((name) => JSON.parse(read(`../src/text/${name}.json`)));
const faults = [];
const places = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).sort().join();
// Unicode characters of Big5, the character set of Taiwan: what is not in it is Simplified or foreign.
const big5 = new Set();
for (let lead = 0xa4; lead <= 0xf9; lead += 1) {
  for (let trail = 0x40; trail <= 0xfe; trail += 1) big5.add(new TextDecoder("big5").decode(new Uint8Array([lead, trail])));
}
// In Big5 as rare variants, yet never meant in a text for Taiwan.
const VARIANTS = new Set("万与价优体党听圣坏复庄异怀怜惊扰据晒机极构柜气洁离种网胜荐虫触适厂确个么");
const TERMS = "軟件 網絡 圖像 默認 設置 文件夾 隊列 視頻 信息 鼠標 屏幕 菜單 窗口 服務器 硬盤 磁盤 內存 緩存 接口 打印 搜索 導入 導出 鏈接 字符 撤銷 激活 卸載 快捷鍵 全屏 用戶 登錄 回收站 剪貼板".split(" ");

for (const key of Object.keys(en)) if (!(key in zh) && !key.endsWith(".one")) faults.push(`${key} is missing in zh-TW`);
for (const [key, text] of Object.entries(zh)) {
  if (!(key in en)) faults.push(`${key} is missing in en`);
  else if (places(en[key]) !== places(text)) faults.push(`${key}: the places to fill differ`);
  for (const character of text) {
    if (/\p{Script=Han}/u.test(character) && (!big5.has(character) || VARIANTS.has(character))) faults.push(`${key}: ${character} is not a character of Taiwan`);
  }
  for (const term of TERMS) if (text.includes(term)) faults.push(`${key}: ${term} is not said in Taiwan`);
}
// Every key is used somewhere; those built from codes are known by their stem.
const source = readdirSync(new URL("../src", import.meta.url), { recursive: true })
  .filter((name) => /\.tsx?$/.test(name)).map((name) => read(`../src/${name}`)).join("\n");
const STEMS = /^(problem|intent|deed|import\.reason|state|facet|field|keys|fact|color|label|flag|task|watched|role|sort|theme|compare|attention|stopped\.state|finding|system|closed|option|sheet\.field|waits|job|away|basis|preset|export\.reason|export\.loss|keep|limit|sync|pair|peer|people\.can|quarantine)\./;
for (const key of Object.keys(en)) {
  const stem = key.replace(/\.(one|other)$/, "");
  if (!STEMS.test(key) && !source.includes(`"${stem}"`)) faults.push(`${key} is used nowhere`);
}
if (faults.length) {
  console.error(faults.join("\n"));
  process.exit(1);
}
