// The answer: the digit, how sure, a bar for each class, and how each rose and fell.
const LONGEST = 240; // moments kept of a drawing

const SPACE = "\u00a0"; // at which no line is broken

function percent(share) {
  if (share > 0 && share < 0.005) return `<${SPACE}1${SPACE}%`;
  if (share < 1 && share >= 0.995) return `>${SPACE}99${SPACE}%`;
  return `${Math.round(100 * share)}${SPACE}%`;
}

// What the probabilities say, in words.
function verdictOf(probabilities) {
  const order = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]);
  const [first, second] = order, [p, q] = [probabilities[first], probabilities[second]];
  const next = q >= 0.01 ? `Next: ${second}, ${percent(q)}.` : "Nothing else comes near.";
  if (p < 0.5) return { first, words: `Not sure: perhaps a ${first} (${percent(p)}), perhaps a ${second} (${percent(q)}).` };
  return { first, words: `Looks like ${first === 8 ? "an" : "a"} ${first}, ${percent(p)}. ${next}` };
}

class Answer {
  constructor(host, classes) {
    const find = (name) => host.querySelector(`.live-${name}`);
    Object.assign(this, { digit: find("digit"), words: find("words"), said: find("said"), moments: [], marks: [] });
    this.rows = Array.from({ length: classes }, (_, digit) => {
      const row = find("bars").appendChild(document.createElement("li"));
      row.innerHTML = `<b>${digit}</b><span class="live-track"><i></i></span><canvas width="144" height="40" aria-hidden="true"></canvas><span class="live-share">–</span>`;
      return { row, fill: row.querySelector("i"), spark: row.querySelector("canvas"), share: row.querySelector(".live-share") };
    });
  }

  // The moments before a stroke, so that taking the stroke back takes its moments back.
  mark() { this.marks.push(this.moments.length); }
  unmark() { this.moments.length = Math.min(this.moments.length, this.marks.pop() ?? 0); }
  forget() { this.moments = []; this.marks = []; }
  remember(probabilities) {
    this.moments.push(probabilities);
    if (this.moments.length <= LONGEST) return;
    this.moments = this.moments.filter((_, i) => i % 2 === 0);
    this.marks = this.marks.map((length) => Math.ceil(length / 2));
  }

  show(probabilities, palette, otherwise) {
    const verdict = probabilities ? verdictOf(probabilities) : null;
    this.digit.textContent = verdict ? verdict.first : "?";
    this.digit.classList.toggle("live-unsure", !verdict || probabilities[verdict.first] < 0.5);
    this.words.textContent = verdict ? verdict.words : otherwise;
    this.rows.forEach(({ row, fill, spark, share }, digit) => {
      fill.style.transform = `scaleX(${probabilities ? probabilities[digit] : 0})`;
      share.textContent = probabilities ? percent(probabilities[digit]) : "–";
      row.classList.toggle("live-first", verdict?.first === digit);
      paintSpark(spark, this.moments.map((moment) => moment[digit]), palette);
    });
  }
  // For a screen reader: not at every point of a stroke, but when it rests.
  say() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => { this.said.textContent = this.words.textContent; }, 500);
  }
}
