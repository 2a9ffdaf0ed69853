// The peer for photos: sharp (libvips) does what the core does with the same photo, in one thread. Arguments: folder of the
// packages, source, longer side, folder for what is made. Prints the same report as the core's process.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [packages, file, side, out] = process.argv.slice(2);
const sharp = createRequire(join(packages, "package.json"))("sharp");
sharp.concurrency(1);
sharp.cache(false);

const source = readFileSync(file);
const inside = (longer) => sharp(source).rotate().resize(longer, longer, { fit: "inside", withoutEnlargement: true });

// What the core's file is compared with: the photo alone, and with the smaller picture that goes along.
async function photo() {
  return inside(Number(side)).jpeg({ quality: 80 }).toBuffer({ resolveWithObject: true });
}
async function both() {
  const made = await photo();
  await inside(800).jpeg({ quality: 70 }).toBuffer();
  return made;
}

async function timed(work) {
  const times = [];
  let made;
  for (let run = 0; run < 6; run += 1) {
    const begun = process.hrtime.bigint();
    made = await work();
    times.push(Number(process.hrtime.bigint() - begun) / 1e6);
  }
  return { times, made };
}

const cpu = process.cpuUsage();
const begun = process.hrtime.bigint();
const alone = await timed(photo);
const wall = Number(process.hrtime.bigint() - begun) / 1e6;
const used = process.cpuUsage(cpu);
const with_preview = await timed(both);
writeFileSync(join(out, "photo.jpg"), alone.made.data);
const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]);
const report = {
  cost: { from: 0, to: 0, wall_ms: wall, cpu_ms: (used.user + used.system) / 1e3, written: 0, dirtied: 0, peak_kib: peak, wakeups: 0 },
  times: [
    ["first", alone.times.slice(0, 1)],
    ["warm", alone.times.slice(1)],
    ["with preview", with_preview.times.slice(1)],
  ],
  seen: alone.made.info.width,
  bytes: alone.made.data.length,
};
console.log(JSON.stringify(report));
