// A photo as it travels: of a kind and size that the server takes, or a reason why it cannot be sent.
"use strict";

// What the server takes; see images.py.
const TAKEN = ["image/jpeg", "image/png", "image/webp"];
const MAX_BYTES = 8 * 1024 * 1024;
const MAX_PIXELS = 25_000_000;
const MAX_SIDE = 8192;
// Heavier ones are written anew before they travel: a phone's line is slow, and no model sees more than this.
const LIGHT = 2 * 1024 * 1024;
const SIDE = 2048;
const THUMBNAIL = 480;

// What is to be uploaded of a file, and its thumbnail; or why it cannot be sent.
async function prepare(file) {
  try {
    const prepared = await shrunk(file);
    // Its bytes, as long as they are there: to send a file that was moved or changed looks like a dead line.
    if (prepared.blob === file) prepared.blob = new Blob([await file.arrayBuffer()], { type: file.type });
    return prepared;
  } catch {
    return { why: `“${file.name}” could not be opened. Please try it again, or send another photo.` };
  }
}

async function shrunk(file) {
  const no = `“${file.name}” cannot be sent: only photos and screenshots can.`;
  if (file.type && !file.type.startsWith("image/")) return { why: no };
  const image = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
  if (!image) return asItIs(file) ?? { why: TAKEN.includes(file.type) ? tooLarge(file) : no };
  const { width, height } = image;
  const isFine = width * height <= MAX_PIXELS && Math.max(width, height) <= MAX_SIDE;
  const thumb = drawn(image, THUMBNAIL).toDataURL("image/jpeg", 0.8);
  let blob = file;
  if (!TAKEN.includes(file.type) || file.size > LIGHT || !isFine) {
    blob = await new Promise((resolve) => drawn(image, SIDE).toBlob(resolve, "image/jpeg", 0.88));
  }
  image.close();
  return blob ? { blob, thumb, width, height } : { why: tooLarge(file) };
}

// This browser cannot read it. The server may, or says in its own words what is wrong with it.
function asItIs(file) {
  return TAKEN.includes(file.type) && file.size <= MAX_BYTES ? { blob: file } : null;
}

function tooLarge({ name, size }) {
  return `“${name}” is too large: ${Math.ceil(size / 1024 / 1024)} MB; up to ${MAX_BYTES / 1024 / 1024} MB can be sent.`;
}

function drawn(image, longest) {
  const scale = Math.min(1, longest / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(image.width * scale));
  canvas.height = Math.max(1, Math.round(image.height * scale));
  const pen = canvas.getContext("2d");
  pen.fillStyle = "white"; // JPEG knows no transparency
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas;
}
