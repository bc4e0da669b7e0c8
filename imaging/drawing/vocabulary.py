"""What words are taken to want: each line says it once for English and Chinese, so both ask for the same.

A word may want ways to draw (with a weight), schemes of colour, a hue in degrees, things to be seen, and a medium.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Meaning:
    styles: tuple[tuple[str, float], ...] = ()
    schemes: tuple[tuple[str, float], ...] = ()
    hue: float | None = None
    shows: tuple[str, ...] = ()
    medium: str | None = None


def _weighted(text: str) -> tuple[tuple[str, float], ...]:
    """ "ridges 3, forest" is ridges three times as much as forest."""
    parts = [each.split() for each in text.split(",") if each.strip()]
    return tuple((part[0], float(part[1]) if len(part) > 1 else 1.0) for part in parts)


# English, Chinese, styles, schemes, hue, things, medium.
LINES: tuple[tuple[str, str, str, str, float | None, str, str], ...] = (
    # places
    ("mountain peak alps summit cliff canyon himalaya", "山 峰 嶺 岳 峽谷 懸崖", "ridges 4", "", None, "", ""),
    ("hill valley meadow field prairie countryside grassland",
     "丘 山谷 草原 田野 原野 鄉間", "ridges 3", "", None, "hills", ""),
    ("lake pond", "湖 池塘 潭", "ridges 3", "", None, "water reflection", ""),
    ("sea ocean coast beach shore bay island horizon",
     "海 洋 海岸 沙灘 海灣 島 海邊", "sea 4, waves", "ocean", None, "", ""),
    ("wave surf tide tsunami hokusai seigaiha ukiyo",
     "浪 波濤 潮 海嘯 浮世繪 青海波", "waves 5", "ocean", None, "", ""),
    ("lighthouse beacon", "燈塔", "sea 5", "", None, "lighthouse", ""),
    ("harbor harbour port pier dock", "港 碼頭", "sea 3, city 2", "", None, "boat", ""),
    ("river stream waterfall canal", "河 溪 瀑布 運河", "ridges 2, inkwash", "", None, "water", ""),
    ("desert dune sahara sand", "沙漠 沙丘 大漠", "dunes 5", "desert 1.5", None, "", ""),
    ("forest wood woodland jungle tree pine grove", "森林 樹林 林 叢林 樹 松", "forest 4", "forest", None, "", ""),
    ("bamboo", "竹", "forest 2, inkwash 2", "jade", None, "", ""),
    ("garden park", "花園 庭園 公園", "blossom 3", "spring", None, "", ""),
    ("city skyline skyscraper downtown metropolis building tower architecture tokyo",
     "城市 都市 天際線 摩天樓 大樓 建築 高樓 東京",
     "city 4", "", None, "", ""),
    ("taipei", "台北 臺北", "city 4", "", None, "tower", ""),
    ("street alley road market cafe", "街 巷 路 市場 老街 咖啡", "city 2, rain 2", "", None, "", ""),
    ("night-market bazaar", "夜市", "city 2, rain 2", "neon, night", None, "lanterns", ""),
    ("window glass-pane", "窗", "rain 2, glass", "", None, "", ""),
    ("village cabin cottage house hut home", "村 小屋 木屋 房子 家", "ridges 3", "", None, "cabin", ""),
    ("temple shrine pagoda castle palace", "寺 廟 神社 塔 城堡 宮殿", "ridges 2, inkwash 2", "", None, "mist", ""),
    ("church cathedral chapel", "教堂", "glass 4", "", None, "", ""),
    ("library interior room", "圖書館 室內 房間", "glass 2, geometry", "gold", None, "", ""),
    # the sky and beyond
    ("space galaxy nebula cosmos cosmic universe interstellar astronaut",
     "太空 銀河 星雲 宇宙 星系 太空人", "nebula 5", "", None, "", ""),
    ("planet saturn jupiter mars", "行星 土星 木星 火星", "nebula 4", "", None, "planet", ""),
    ("star starry constellation meteor comet",
     "星 星空 星座 流星 彗星", "nebula 1.5, ridges", "night 2", None, "stars", ""),
    ("moon moonlight lunar moonlit", "月 月光 月亮", "ridges, sea", "night 2", None, "moon", ""),
    ("full-moon harvest-moon", "滿月 圓月 明月", "ridges, sea", "night 2", None, "moon full", ""),
    ("crescent new-moon half-moon", "新月 弦月 眉月 殘月", "ridges, sea", "night 2", None, "moon crescent", ""),
    ("sun sunshine sunlight sunny", "太陽 陽光 日光", "ridges, sea", "", None, "sun", ""),
    ("aurora borealis northern-lights", "極光", "ridges 3", "aurora 5", None, "aurora stars", ""),
    ("cloud sky", "雲 天空", "sea 1.5, ridges", "", None, "clouds", ""),
    # times and seasons
    ("night midnight nocturnal", "夜 午夜 深夜", "", "night 3", None, "stars", ""),
    ("dusk sunset twilight evening", "黃昏 夕陽 日落 傍晚 暮", "", "dusk 3", None, "sun", ""),
    ("golden-hour", "魔幻時刻", "", "dusk 3, autumn 3", None, "sun", ""),
    ("dawn sunrise morning", "黎明 日出 清晨 早晨 晨 曙光", "", "dawn 3", None, "sun", ""),
    ("day noon daylight", "白天 正午", "", "day 3", None, "sun", ""),
    ("spring", "春", "blossom", "spring 3", None, "", ""),
    ("summer tropical", "夏 熱帶", "", "summer 3", None, "", ""),
    ("autumn fall october harvest maple", "秋 楓", "forest", "autumn 3", None, "", ""),
    ("winter christmas", "冬 聖誕", "", "winter 3", None, "snow", ""),
    # weather
    ("rain rainy storm downpour drizzle umbrella wet", "雨 暴風雨 傘", "rain 3", "", None, "rain", ""),
    ("snow snowy blizzard frost snowfall", "雪 暴雪 霜", "", "winter 3", None, "snow", ""),
    ("ice icy glacier arctic frozen", "冰 冰川 北極", "ridges 2", "winter 3", None, "snow water", ""),
    ("mist fog misty foggy haze", "霧 靄 煙雨", "ridges, forest", "", None, "mist", ""),
    ("wind breeze windy", "風", "strokes", "", None, "", ""),
    # plants and creatures
    ("flower blossom bloom sakura cherry petal floral bouquet peony plum rose lily orchid",
     "花 櫻 梅 牡丹 玫瑰 百合 蘭 花瓣",
     "blossom 5", "spring", None, "", ""),
    ("leaf leaves plant botanical branch", "葉 植物 枝", "blossom 2, forest 2", "", None, "", ""),
    ("cat kitten kitty", "貓", "ridges 1.5, rain, city, blossom", "dusk, night", None, "cat", ""),
    ("fox", "狐", "forest 2, ridges 2", "autumn", None, "fox", ""),
    ("wolf dog puppy husky", "狼 狗 犬", "ridges 2, forest 2", "", None, "wolf", ""),
    ("deer stag elk", "鹿", "forest 3, ridges 2", "", None, "deer", ""),
    ("bird swallow seagull flock eagle", "鳥 燕 海鷗 鷹", "ridges, sea", "", None, "birds", ""),
    ("crane heron swan phoenix", "鶴 鷺 天鵝 鳳凰", "inkwash 2, waves 2", "", None, "crane", ""),
    ("whale dolphin", "鯨 海豚", "sea 4", "ocean", None, "whale", ""),
    ("fish koi carp underwater mermaid", "魚 錦鯉 美人魚", "waves 3", "ocean", None, "", ""),
    ("dragon", "龍", "inkwash 2, waves 2", "ember, jade", None, "mist", ""),
    ("butterfly bee", "蝴蝶 蜜蜂", "blossom 3", "spring", None, "", ""),
    # people and things
    ("person man woman girl boy portrait wanderer traveler hero sailor figure samurai knight",
     "人 女孩 男孩 少女 少年 人像 旅人 水手 武士 騎士",
     "ridges 1.5, sea, city, nebula", "", None, "person", ""),
    ("boat ship sail sailboat yacht", "船 帆 舟", "sea 3", "", None, "boat", ""),
    ("lantern lamp candle festival", "燈籠 天燈 燭 元宵 燈", "ridges, city, sea", "", None, "lanterns", ""),
    ("car train robot cyborg", "車 火車 機器人", "city 2, geometry", "neon", None, "", ""),
    ("fire flame lava volcano", "火 焰 熔岩 火山", "ridges 2, silk", "ember", None, "", ""),
    ("music jazz dance rhythm", "音樂 爵士 舞", "geometry 2, silk", "", None, "", ""),
    ("dream dreamy surreal fantasy magic magical",
     "夢 幻 奇幻 魔法 超現實", "nebula, silk, strokes", "violet", None, "", ""),
    # styles, media, materials
    ("neon cyberpunk synthwave vaporwave", "霓虹 賽博龐克 蒸氣波", "city 2, rain 2", "neon 2", None, "", ""),
    ("bokeh cinematic", "散景 電影感", "rain 2", "", None, "", ""),
    ("watercolor watercolour aquarelle", "水彩", "", "", None, "", "watercolour"),
    ("ink sumi sumi-e shanshui calligraphy brush-painting", "水墨 墨 書法 山水", "inkwash 6", "ink 4", None, "", ""),
    ("oil impressionist impressionism gogh monet impasto brushstroke",
     "油畫 印象派 梵谷 莫內", "strokes 1.5", "", None, "", "oil"),
    ("stained-glass stained mosaic", "彩繪玻璃 花窗 馬賽克 彩色玻璃", "glass 7", "", None, "", ""),
    ("mandala kaleidoscope", "曼陀羅 萬花筒", "glass 5", "", None, "rose window", ""),
    ("bauhaus geometric geometry abstract constructivist kandinsky cubist",
     "包浩斯 幾何 抽象 構成 立體派", "geometry 5", "", None, "", ""),
    ("pattern tile terrazzo isometric quilt", "圖案 磁磚 花磚 等距", "geometry 4", "", None, "tiles", ""),
    ("minimal minimalist simple clean", "極簡 簡約 簡單", "ridges, geometry, waves", "pastel 2", None, "hills", ""),
    ("poster print logo design graphic", "海報 版畫 設計 平面", "geometry 2, waves", "", None, "", ""),
    ("art-deco deco luxury elegant", "裝飾藝術 奢華 優雅", "geometry 2, silk 2, waves", "gold 2", None, "", ""),
    ("silk satin fabric velvet cloth", "絲 綢 緞 布", "silk 5", "", None, "folds", ""),
    ("marble agate liquid fluid swirl texture smoke", "大理石 瑪瑙 流體 漩渦 紋理 煙", "silk 5", "", None, "", ""),
    ("paper papercut origami layered", "紙 剪紙 摺紙", "silk 3", "", None, "strata", ""),
    ("topography contour map", "等高線 地圖", "silk 4", "", None, "strata", ""),
    # moods
    ("calm quiet peaceful serene tranquil zen",
     "寧靜 平靜 安靜 靜 禪", "ridges, sea, inkwash", "dawn, pastel, jade", None, "mist", ""),
    ("happy joy joyful cheerful vibrant colorful colourful", "快樂 歡樂 繽紛 鮮豔 熱鬧", "", "summer", None, "", ""),
    ("sad melancholy lonely solitude", "憂鬱 孤獨 寂寞 悲傷", "rain, sea", "ocean", None, "mist", ""),
    ("dark moody gothic mysterious noir", "黑暗 神秘 陰暗 哥德", "", "night", None, "mist", ""),
    ("epic dramatic majestic", "史詩 壯麗 壯觀", "ridges", "ember, dusk", None, "", ""),
    ("romantic love", "浪漫 愛", "blossom, sea", "rose", None, "", ""),
    ("vintage retro nostalgic film", "復古 懷舊 底片", "", "desert, autumn", None, "", ""),
    ("pastel soft kawaii cute", "粉彩 柔和 可愛", "", "pastel", None, "", ""),
    # colours
    ("red crimson scarlet vermilion", "紅 赤 朱", "", "", 25.0, "", ""),
    ("orange amber", "橙 橘", "", "", 55.0, "", ""),
    ("yellow lemon", "黃", "", "", 95.0, "", ""),
    ("green", "綠", "", "", 148.0, "", ""),
    ("emerald jade teal turquoise", "翠 碧 青", "", "jade 2", None, "", ""),
    ("cyan", "青色", "", "", 205.0, "", ""),
    ("blue azure indigo navy", "藍 靛", "", "", 255.0, "", ""),
    ("purple violet lavender", "紫 薰衣草", "", "violet 2", 300.0, "", ""),
    ("pink magenta", "粉紅 桃紅", "", "rose 2", 355.0, "", ""),
    ("gold golden brass", "金 黃金", "", "gold 2", None, "", ""),
    ("brown chocolate sepia", "棕 褐 咖啡色", "", "autumn 2", None, "", ""),
    ("black white monochrome grayscale grey gray", "黑 白 灰 黑白 單色", "", "ink 2", None, "", ""),
)  # fmt: skip


def _meaning(line: tuple[str, str, str, str, float | None, str, str]) -> Meaning:
    _, _, styles, schemes, hue, shows, medium = line
    things = ("rose window",) if shows == "rose window" else tuple(shows.split())
    return Meaning(_weighted(styles), _weighted(schemes), hue, things, medium or None)


ENGLISH: dict[str, Meaning] = {word: _meaning(line) for line in LINES for word in line[0].split()}
CHINESE: dict[str, Meaning] = {word: _meaning(line) for line in LINES for word in line[1].split()}
