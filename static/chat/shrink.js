// Makes a photo of a kind and size that the server accepts, or says why it cannot be sent.

import { getText, limits } from "./page.js";

const { lang } = document.documentElement;
const MEGABYTE = 1024 * 1024;
// Heavier photos are drawn anew before they travel: a phone's connection is slow, and no model sees more than this.
const LIGHT_BYTES = Math.min(2 * MEGABYTE, limits.photoBytes);
const JPEG_QUALITIES = [0.88, 0.75, 0.6, 0.45];
const SMALLEST_DRAWN_PIXELS = 256 * 256;
const THUMBNAIL_SIDE_PIXELS = 480;

// Returns {blob, thumb, width, height}: what is to be uploaded of the file and its thumbnail as a data URL, both
// without a thumbnail if only the server can read the photo. Or {why}: the reason why it cannot be sent.
export async function preparePhoto(file) {
  try {
    const prepared = await shrinkPhoto(file);
    // A copy of the bytes while they are there: uploading a file that was moved or changed fails like a dead network.
    if (prepared.blob === file) prepared.blob = new Blob([await file.arrayBuffer()], { type: file.type });
    return prepared;
  } catch {
    return { why: getText("photoUnreadable", { name: file.name }) };
  }
}

async function shrinkPhoto(file) {
  // Windows and Linux know no type for the photos of iPhones.
  const hasPhotoName = limits.photoExtensions.some((extension) => file.name.toLowerCase().endsWith(extension));
  const isAccepted = limits.photoTypes.includes(file.type) || (!file.type && hasPhotoName);
  const unsupported = getText("photoUnsupported", { name: file.name });
  if (file.type && !file.type.startsWith("image/")) return { why: unsupported };
  const image = canReadCanvas() && (await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null));
  // This browser cannot read it. The server may, or says in its own words what is wrong with it.
  if (!image && isAccepted && file.size <= limits.photoBytes) return { blob: file };
  if (!image) return { why: isAccepted ? describeExcess(file) : unsupported };
  const { width, height } = image;
  const isWithinPixels = width * height <= limits.photoPixels && Math.max(width, height) <= limits.photoSidePixels;
  const thumb = drawScaled(image, THUMBNAIL_SIDE_PIXELS / Math.max(width, height)).toDataURL("image/jpeg", 0.8);
  const isFine = isAccepted && isWithinPixels && file.size <= LIGHT_BYTES;
  const blob = isFine ? file : await encodeWithinLimit(image);
  image.close();
  return blob ? { blob, thumb, width, height } : { why: describeExcess(file) };
}

// Tor Browser, LibreWolf and others give a page one colour or noise for what it has drawn, against fingerprinting.
function canReadCanvas() {
  const context = document.createElement("canvas").getContext("2d");
  context.fillRect(0, 0, 1, 1);
  context.fillStyle = "white";
  context.fillRect(1, 0, 1, 1);
  const [black, , , , white] = context.getImageData(0, 0, 2, 1).data;
  return white - black > 200; // some change each pixel by a shade
}

// Returns the best JPEG that the server accepts: first the quality is lowered, then the sides are halved. What is tall
// keeps as many pixels as a photo has, so that its text stays legible.
// Null if none is small enough.
async function encodeWithinLimit(image) {
  const { width, height } = image;
  const sideScale = limits.photoDrawnSidePixels / Math.max(width, height);
  for (let pixels = limits.photoDrawnPixels; pixels >= SMALLEST_DRAWN_PIXELS; pixels /= 4) {
    const canvas = drawScaled(image, Math.min(sideScale, Math.sqrt(pixels / (width * height))));
    for (const quality of JPEG_QUALITIES) {
      const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
      if (!blob || blob.size <= limits.photoBytes) return blob;
    }
  }
  return null;
}

function describeExcess({ name, size }) {
  const formatMegabytes = (bytes) => (Math.ceil((bytes / MEGABYTE) * 10) / 10).toLocaleString(lang);
  return getText("photoTooLarge", { name, size: formatMegabytes(size), max: formatMegabytes(limits.photoBytes) });
}

function drawScaled(image, wantedScale) {
  const scale = Math.min(1, wantedScale);
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(image.width * scale));
  canvas.height = Math.max(1, Math.round(image.height * scale));
  const context = canvas.getContext("2d");
  context.fillStyle = "white"; // JPEG knows no transparency
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas;
}
