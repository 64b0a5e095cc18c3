/* Words on the plane: few enough that none covers another where the plane is small. */

const SHOWN = ["happy", "surprised", "angry", "disgusted", "sad", "bored"];

/** The words that are shown, of all that have a place on the plane. */
export function anchors(words) {
  return Object.fromEntries(SHOWN.filter((word) => word in words).map((word) => [word, words[word]]));
}
