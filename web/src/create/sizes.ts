/** Sizes that models make, as shapes to choose from. Pure. */
import type { Model } from "../api/types";

export interface Size { width: number; height: number; name: string }

const SHAPES: [number, number][] = [[1, 1], [4, 3], [3, 4], [3, 2], [2, 3], [16, 9], [9, 16]];
/** Sides of what is offered are multiples of this, where the model has no step of its own. */
const UNIT = 64;

export const takes = (model: Model, width: number, height: number): boolean => (model.sizes.length > 0
  ? model.sizes.some(([w, h]) => w === width && h === height)
  : Math.min(width, height) >= model.least && Math.max(width, height) <= model.most && width % model.step === 0 && height % model.step === 0 &&
    width * height <= model.most_pixels && Math.max(width, height) <= model.most_ratio * Math.min(width, height));

/** 1344 × 768 is 7:4, and everybody calls it 16:9. */
export function shapeOf(width: number, height: number): string {
  const near = SHAPES.find(([w, h]) => Math.abs(Math.log((width / height) / (w / h))) < 0.045);
  return near ? near.join(":") : `${(width / height).toFixed(2).replace(/\.?0+$/, "")}:1`;
}

function shaped(model: Model): [number, number][] {
  const unit = model.step > 8 ? model.step : UNIT;
  const area = model.usual[0] * model.usual[1];
  return SHAPES.map(([w, h]) => {
    const width = Math.round(Math.sqrt((area * w) / h) / unit) * unit;
    return [width, Math.round((width * h) / w / unit) * unit];
  });
}

/** What all of them make: listed ones as they are, else the usual shapes at the usual number of pixels. */
export function sizesOf(models: readonly Model[]): Size[] {
  const first = models.find((each) => each.sizes.length > 0) ?? models[0];
  if (!first) return [];
  const all = first.sizes.length > 0 ? first.sizes : [first.usual, ...shaped(first)];
  const found = new Map(all.filter(([w, h]) => models.every((each) => takes(each, w, h))).map(([width, height]) => [`${width}x${height}`, { width, height, name: shapeOf(width, height) }]));
  return [...found.values()];
}

/** Whether sides can be written freely. */
export const isFree = (models: readonly Model[]) => models.length > 0 && models.every((each) => each.sizes.length === 0);

/** The bounds that all of them share. */
export function boundsOf(models: readonly Model[]): { least: number; most: number; step: number } {
  return {
    least: Math.max(1, ...models.map((each) => each.least)), most: Math.min(...models.map((each) => each.most)),
    step: Math.max(1, ...models.map((each) => each.step)),
  };
}
