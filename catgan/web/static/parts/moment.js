/* Dialogs that take one picture: of the camera, or of a video that the browser plays. */

import { el } from "../dom.js";

const EVENTS_OF_FRAMES = ["loadeddata", "seeked", "canplay"];

function dialogWith(title, video, buttons, note) {
  const dialog = el("dialog", { className: "moment", "aria-label": title }, el("h2", {}, title), video,
                    el("p", { className: "muted" }, note), el("div", { className: "row" }, ...buttons));
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  return dialog;
}

async function grabbed(video) {
  await frameShown(video);
  const canvas = el("canvas", { width: video.videoWidth, height: video.videoHeight });
  canvas.getContext("2d").drawImage(video, 0, 0);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

/** Waits until a video shows the frame that was asked for; before that, a canvas would take an empty picture. */
function frameShown(video) {
  if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && !video.seeking) return Promise.resolve();
  return new Promise((resolve) => {
    const look = () => {
      if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA || video.seeking) return;
      for (const name of EVENTS_OF_FRAMES) video.removeEventListener(name, look);
      resolve();
    };
    for (const name of EVENTS_OF_FRAMES) video.addEventListener(name, look);
  });
}

/** Asks for a picture of the camera. Returns a Blob, or null if the user went away. */
export async function fromCamera() {
  if (!navigator.mediaDevices?.getUserMedia) throw new Error("This browser gives no access to a camera.");
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 } }, audio: false });
  } catch (problem) {
    throw new Error(problem.name === "NotAllowedError" ? "The browser was not allowed to use the camera."
      : "No camera was found, or another program uses it.");
  }
  const video = el("video", { autoplay: true, muted: true, playsInline: true, srcObject: stream });
  try {
    return await new Promise((resolve) => {
      const dialog = dialogWith("Camera", video, [
        el("button", { type: "button", className: "primary", onclick: async () => {
          resolve(await grabbed(video));
          dialog.close();
        } }, "Take the picture"),
        el("button", { type: "button", onclick: () => dialog.close() }, "Cancel")],
      "The picture stays on this machine.");
      dialog.addEventListener("close", () => resolve(null));
      dialog.showModal();
    });
  } finally {
    for (const track of stream.getTracks()) track.stop();
  }
}

/** Lets the user choose a frame of a video file. Returns a Blob, or null if the user went away. */
export async function fromVideo(file) {
  const address = URL.createObjectURL(file);
  const video = el("video", { src: address, controls: true, muted: true, playsInline: true, preload: "auto" });
  const step = (seconds) => () => {
    video.pause();
    video.currentTime = Math.min(Math.max(video.currentTime + seconds, 0), video.duration || 0);
  };
  try {
    return await new Promise((resolve, reject) => {
      const dialog = dialogWith("Choose a frame", video, [
        el("button", { type: "button", onclick: step(-0.04), "aria-label": "Back by 0.04 seconds" }, "\u2212"),
        el("button", { type: "button", onclick: step(0.04), "aria-label": "Forward by 0.04 seconds" }, "+"),
        el("button", { type: "button", className: "primary", onclick: async () => {
          if (!video.videoWidth) return;
          resolve(await grabbed(video));
          dialog.close();
        } }, "Use this frame"),
        el("button", { type: "button", onclick: () => dialog.close() }, "Cancel")],
      "Stop the video where the face shows what you want.");
      video.addEventListener("error", () => {
        reject(new Error(`${file.name} cannot be played by this browser: damaged, or of a kind that it does not know. ` +
                         "'catgan edit' takes videos of any kind."));
        dialog.close();
      });
      dialog.addEventListener("close", () => resolve(null));
      dialog.showModal();
    });
  } finally {
    URL.revokeObjectURL(address);
  }
}
