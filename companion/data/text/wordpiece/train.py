"""Learn a WordPiece vocabulary: signs at first, then join the commonest pair, again and again.

That is what the library tokenizers does under the name WordPiece (it is byte-pair encoding with
"##"), and so what this does. Google never published how BERT's own vocabulary was learned; Schuster
& Nakajima 2012 join the pair that makes the texts likelier, that is by count(ab) / (count(a)
count(b)).
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise

from companion.checks import require_positive
from companion.data.text.wordpiece.normalise import Normaliser
from companion.data.text.wordpiece.pieces import PREFIX, SPECIAL
from companion.data.text.wordpiece.tokenizer import WordPiece
from companion.data.text.wordpiece.words import split_words

Pair = tuple[int, int]


def train_wordpiece(
    texts: Iterable[str],
    *,
    size: int,
    min_count: int = 2,
    alphabet: int = 1000,
    lower: bool = True,
    strip_accents: bool | None = None,
) -> WordPiece:
    """A vocabulary of `size` tokens at most: special ones, signs, then pieces as they were learned.

    The same texts give the same vocabulary, in any order. The library's differs where two pairs
    come equally often: it takes the one whose ids are lower, and numbers the signs with "##" in an
    order that changes from run to run. Here they stand in the order of the signs.

    Args:
        texts: to learn from.
        size: tokens at most; there are fewer where no pair is left.
        min_count: a pair that comes less often is not joined.
        alphabet: signs that are kept, the commonest. Others are passed over in training.
        lower: as in `WordPiece`, as is `strip_accents`.
        strip_accents: left out, it follows `lower`.

    Raises:
        ValueError: there is no word, a number is not positive, or `size` is too small for special
            tokens and signs.
    """
    require_positive(size=size, min_count=min_count, alphabet=alphabet)
    words = count_words(texts, Normaliser(lower, strip_accents))
    tokens = [*SPECIAL, *first_signs(words, alphabet)]
    if len(tokens) == len(SPECIAL):
        raise ValueError("there is no word in the texts: give some sentences")
    if len(tokens) > size:
        raise ValueError(
            f"size={size} is too small: {len(SPECIAL)} special tokens and the signs, alone and "
            f"with {PREFIX!r}, are {len(tokens)}; take fewer with alphabet={alphabet}"
        )
    join_pairs(words, tokens, size=size, min_count=min_count)
    return WordPiece(tokens, lower=lower, strip_accents=strip_accents)


def count_words(texts: Iterable[str], normalise: Normaliser) -> Counter[str]:
    """How often each word comes."""
    words: Counter[str] = Counter()
    for text in texts:
        plain = normalise(text).text
        words.update(plain[begin:end] for begin, end in split_words(plain))
    return words


def first_signs(words: Mapping[str, int], alphabet: int) -> list[str]:
    """The commonest signs, then those of them that come within a word, with "##"; both sorted."""
    counts: Counter[str] = Counter()
    for word, count in words.items():
        for sign in word:
            counts[sign] += count
    signs = set(sorted(counts, key=lambda sign: (-counts[sign], sign))[:alphabet])
    within = {sign for word in words for sign in word[1:] if sign in signs}
    return [*sorted(signs), *(PREFIX + sign for sign in sorted(within))]


def join_pairs(words: Mapping[str, int], tokens: list[str], *, size: int, min_count: int) -> None:
    """Add to `tokens` what the commonest pairs make, until there are `size`."""
    ids = {token: number for number, token in enumerate(tokens)}
    pieces = [_signs(word, ids) for word in words]
    counts = [*words.values()]
    totals: Counter[Pair] = Counter()
    where: defaultdict[Pair, set[int]] = defaultdict(set)
    for at, piece in enumerate(pieces):
        for pair in pairwise(piece):
            totals[pair] += counts[at]
            where[pair].add(at)
    queue = [(-total, pair) for pair, total in totals.items()]
    heapq.heapify(queue)
    while queue and len(tokens) < size:
        negative, pair = heapq.heappop(queue)
        if -negative != totals[pair]:  # others were joined since, and took some of its places
            if totals[pair] > 0:
                heapq.heappush(queue, (-totals[pair], pair))
            continue
        if totals[pair] < min_count:
            break
        token = tokens[pair[0]] + tokens[pair[1]].removeprefix(PREFIX)
        if token not in ids:
            ids[token] = len(tokens)
            tokens.append(token)
        for changed in _join(pair, ids[token], pieces, counts, totals, where):
            heapq.heappush(queue, (-totals[changed], changed))


def _signs(word: str, ids: Mapping[str, int]) -> list[int]:
    """The ids of a word's signs, those without one passed over."""
    return [
        ids[PREFIX * (at > 0) + sign]
        for at, sign in enumerate(word)
        if PREFIX * (at > 0) + sign in ids
    ]


def _join(
    pair: Pair,
    new: int,
    pieces: list[list[int]],
    counts: list[int],
    totals: Counter[Pair],
    where: defaultdict[Pair, set[int]],
) -> set[Pair]:
    """Write `new` for the pair wherever it stands; the pairs that have become more."""
    more: set[Pair] = set()
    for word in where.pop(pair):
        old, at = pieces[word], 0
        joined: list[int] = []
        while at < len(old):
            fits = tuple(old[at : at + 2]) == pair
            joined.append(new if fits else old[at])
            at += 1 + fits
        for gone in pairwise(old):
            totals[gone] -= counts[word]
        for made in pairwise(joined):
            totals[made] += counts[word]
            if word not in where[made]:
                where[made].add(word)
            if new in made:
                more.add(made)
        pieces[word] = joined
    return more
