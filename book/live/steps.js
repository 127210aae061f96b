// What the tour shows: a four as it is read, layer after layer, and one stroke more.
const FOUR = 2; // of the demonstrations
const CLOSING = [[11.5, 5], [17, 5], [17, 8]]; // the stroke that closes its top

function stepsOf({ demo, pad, look, answer }, find) {
  const last = look.depth - 1;
  const answered = () => answer.words.textContent, seen = () => look.text.textContent;
  const four = () => { if (pad.strokes !== demo.drawn || pad.strokes.length !== 2) demo.play(false, FOUR); };
  const bring = (name) => find(name).scrollIntoView({ block: "nearest" });
  function mapOf(layer, query) {
    four();
    look.set(layer, FIRST_HEAD, query);
    bring("stage");
  }
  return [
    () => {
      four();
      look.set(last, FIRST_HEAD, 0);
      bring("pad");
      return `A four that is drawn for you. ${answered()} The faint lines cut it into the sixteen patches that the model reads.`;
    },
    () => {
      mapOf(0, 0);
      return `Where it looks, in layer 1. ${seen()} The class token has seen nothing yet, so it asks the same of every digit.`;
    },
    () => {
      mapOf(last, 0);
      return `The same head in layer ${last + 1}. ${seen()} By now it has read, and asks for something. The number in a patch is its percentage.`;
    },
    () => {
      mapOf(last, 0);
      look.set(last, FIRST_HEAD, strongestOf(look.rowOf(last, FIRST_HEAD)));
      return `Patches look, too. ${seen()} Click another patch in the large map to ask that one.`;
    },
    () => {
      four();
      look.set(last, FIRST_HEAD, 0);
      demo.add(CLOSING);
      bring("pad");
      return `One stroke more closes the top. ${answered()} The small curves show how the answer came about. Now draw a digit of your own.`;
    },
  ];
}
