#!/usr/bin/env python3
"""Segments Korean text with mecab-ko and writes the silver data that `train-analyzer` learns from.

    pip install python-mecab-ko==1.3.7 python-mecab-ko-dic==2.1.1.post2
    make_silver.py [--names FILE:COLUMN]... [--teach FILE:COLUMN]... [--words WORDS.txt] -o SILVER.txt FILE:COLUMN...

Nothing is downloaded at run time: the dictionary is inside the second package.

Inputs (one text per line, tab separated, UTF-8) are named FILE:COLUMN, where COLUMN is
  * a number, from 1: the file has no header line;
  * a word: the file has a header line, and the column of that name is read;
  * `bio`: a file of one character per line, in which the lines `## id<TAB>text` hold the sentences.
Texts are taken once each, in NFC. A text is left out when mecab-ko finds an unknown run of more than LONGEST_UNKNOWN
characters in it: it is a piece of a sentence and no word, and the model keeps the words it has seen.
Two runs over the same inputs write the same bytes.

Output: one text per line in vaporetto's tagged format, `surface/TAG surface/TAG ...`. A space separates tokens,
and a backslash stands before every space, slash or backslash that belongs to a surface.

White space is kept, since an eojeol's edge is the best evidence there is of a morpheme's edge: every white-space or
control character becomes one plain space, and every space is a token of its own with the tag SP (`\\ /SP`). At run time
the model therefore reads the text as it is, and offsets need no table. (Mapping the space to a character of another
vaporetto type, U+30A0, was tried: boundary F1 0.9741 against 0.9754 with the plain space.) Vaporetto refuses
NUL; replace it, and at best every ASCII control character, by a space: one byte for one byte.

Tags are the first component of mecab-ko-dic's tag (`XSV+EP` -> XSV), with these groups folded into one:
  J   particles (JKS JKC JKG JKO JKB JKV JKQ JX JC)     E   endings (EP EF EC ETN ETM)
  NNB dependent nouns (NNB NNBC)                        MAG adverbs (MAG MAJ)
  SY  symbols (SY SC SSO SSC SE)                        SP  white space
The others stay: NNG NNP NR NP VV VA VX VCP VCN MM IC XPN XSN XSV XSA XR SF SL SH SN.
Two things keep the tag part of the model small and quick: a surface that mecab-ko tags NNG here and NNP there gets
the more frequent one everywhere, and a reading seen in fewer than one in 200 occurrences of a surface is
written without a tag, from which nothing is learnt.

--names lists names (companies, people, products) that the dictionary may lack. Where mecab-ko's tokens cover such a
name exactly and one of them cannot be part of a name made of known nouns (a particle, an ending, a single syllable
...), it has cut an unknown word at random, and the tokens are joined into one NNP. Compounds of known nouns stay cut.

--teach lists words of Hangul to be learnt whole though the texts have them rarely (taught-names.txt: names and terms
of the technology press). Each one takes the place of a proper noun in TAUGHT_EXAMPLES pieces of the texts, chosen
so that the particle behind it stays right (final consonant or none). These lines follow an empty line, which tells
`train-analyzer` to train on them and not to measure with them; no piece is taken from a line it measures with.

--words writes the dictionary's simple nouns of two syllables or more (no persons, places or compounds), one per line:
the word list that `train-analyzer` takes as a feature. --word-cost bounds the cost of an entry.

Exit status: 0 done, 1 an input could not be read or mecab-ko is not installed, 2 wrong usage.
"""

import argparse
import random
import re
import struct
import sys
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path

SPACE = " "
HANGUL = re.compile("^[\uac00-\ud7a3]+$")
NOUNS = {"NNG", "NNP", "SL", "SN", "XSN", "XPN", "XR"}
LONGEST_NAME_IN_TOKENS = 6
SHORTEST_NAME = 3
RAREST_READING = 0.005
LONGEST_WORD = 8
LONGEST_UNKNOWN = 7
TAUGHT_EXAMPLES = 6
TAUGHT_CONTEXT = 12
HELD_OUT_EVERY = 50  # as in train-analyzer.rs
SUFFIXES = frozenset("가간계골국군권급기님당대도들로법부배사산석선시씨역원위인자장전점제직쪽차처청측층팀학형호")


def is_space(character: str) -> bool:
    """As `char::is_whitespace() || char::is_control()` in Rust."""
    return character.isspace() or unicodedata.category(character) == "Cc"


def coarse(tag: str) -> str:
    """mecab-ko-dic's tag -> the tag of the model."""
    first = tag.split("+")[0]
    if first.startswith("J"):
        return "J"
    if first.startswith("E"):
        return "E"
    if first == "NNBC":
        return "NNB"
    if first == "MAJ":
        return "MAG"
    if first in {"SC", "SSO", "SSC", "SE"} or not first.isalpha():
        return "SY"
    return "NNG" if first == "UNKNOWN" else first


def read_texts(argument: str):
    """The texts of one FILE:COLUMN."""
    path, _, column = argument.rpartition(":")
    if not path:
        raise ValueError(f"{argument}: expected FILE:COLUMN")
    with open(path, encoding="utf-8") as lines:
        if column == "bio":
            for line in lines:
                if line.startswith("## ") and "\t" in line:
                    yield line.rstrip("\n").split("\t", 1)[1]
            return
        if column.isdigit():
            index = int(column) - 1
        else:
            header = next(lines).rstrip("\n").split("\t")
            if column not in header:
                raise ValueError(f"{path}: no column {column!r}")
            index = header.index(column)
        for line in lines:
            fields = line.rstrip("\n").split("\t")
            if index < len(fields):
                yield fields[index]


def hangul_names(arguments, shortest: int):
    """The names of nothing but Hangul in the given FILE:COLUMNs."""
    texts = (unicodedata.normalize("NFC", text) for argument in arguments for text in read_texts(argument))
    return {text for text in texts if len(text) >= shortest and HANGUL.match(text)}


def segment(tagger, text: str, names: set):
    """(surface, tag) of every token, white space included; the surfaces joined are the text."""
    tokens = []
    position = 0
    for morpheme in tagger.parse(text):
        start, end = morpheme.span.start, morpheme.span.end
        if start < position or text[start:end] != morpheme.surface:
            raise ValueError("offsets do not match the text")
        if morpheme.feature.pos == "UNKNOWN" and end - start > LONGEST_UNKNOWN:
            raise ValueError("words without spaces that the dictionary cannot cut")
        tokens += [(SPACE, "SP")] * (start - position)
        tokens.append((morpheme.surface, coarse(morpheme.feature.pos)))
        position = end
    tokens += [(SPACE, "SP")] * (len(text) - position)
    return join_names(tokens, names) if names else tokens


def join_names(tokens, names):
    """Joins the tokens of a listed name where the cut makes no sense as a compound of nouns."""
    joined, at = [], 0
    while at < len(tokens):
        best = 0
        if HANGUL.match(tokens[at][0]) and (at == 0 or not HANGUL.match(tokens[at - 1][0])):
            surface = ""
            for count, (piece, _) in enumerate(tokens[at : at + LONGEST_NAME_IN_TOKENS], 1):
                if not HANGUL.match(piece):
                    break
                surface += piece
                if count > 1 and surface in names:
                    best = count
        pieces = tokens[at : at + best]
        if pieces and (pieces[-1][1] in {"J", "E", "VCP", "XSA", "XSV"} or pieces[-1][0] in SUFFIXES):
            pieces = pieces[:-1]  # a known noun with its particle or suffix is no evidence of a bad cut
        if any(tag not in NOUNS or len(piece) == 1 for piece, tag in pieces):
            joined.append(("".join(piece for piece, _ in tokens[at : at + best]), "NNP"))
            at += best
        else:
            joined.append(tokens[at])
            at += 1
    return joined


def has_final_consonant(word: str) -> bool:
    """Whether the last syllable is closed, which decides between 은 and 는, 이 and 가."""
    return (ord(word[-1]) - 0xAC00) % 28 != 0


def taught_examples(segmented, words):
    """Pieces of the texts with one of `words` in the place of a proper noun."""
    places = {True: [], False: []}
    for line, tokens in enumerate(segmented):
        if line % HELD_OUT_EVERY == 0:
            continue
        for at, (surface, tag) in enumerate(tokens):
            free = at == 0 or tokens[at - 1][1] in {"SP", "SY"}
            if tag == "NNP" and free and len(surface) > 2 and HANGUL.match(surface):
                places[has_final_consonant(surface)].append((line, at))
    chooser = random.Random(0)
    examples = []
    for word in sorted(words):
        for line, at in chooser.choices(places[has_final_consonant(word)], k=TAUGHT_EXAMPLES):
            before = segmented[line][max(0, at - TAUGHT_CONTEXT) : at]
            after = segmented[line][at + 1 : at + 1 + TAUGHT_CONTEXT]
            examples.append([*before, (word, "NNP"), *after])
    return examples


def readings(segmented):
    """(surface, tag) -> what is written behind the surface: '/' and a tag, or nothing for a reading not to learn."""
    counts = defaultdict(Counter)
    for tokens in segmented:
        for surface, tag in tokens:
            counts[surface][tag] += 1
    written = {}
    for surface, tags in counts.items():
        noun = "NNG" if tags["NNG"] >= tags["NNP"] else "NNP"
        total = sum(tags.values())
        for tag, count in tags.items():
            rare = count < RAREST_READING * total
            written[surface, tag] = "" if rare else "/" + (noun if tag in {"NNG", "NNP"} else tag)
    return written


def escape(surface: str) -> str:
    """As vaporetto's format wants it."""
    return re.sub(r"([ /\\])", r"\\\1", surface)


def write_line(output, tokens, reading) -> None:
    """Writes one text."""
    output.write(" ".join(escape(surface) + reading[surface, tag] for surface, tag in tokens) + "\n")


def frequent_nouns(directory: Path, limit: int):
    """The simple nouns of the compiled dictionary that cost `limit` or less, without persons, places and compounds.

    A compiled MeCab dictionary is a header of 72 bytes (ten integers, among them the sizes of the three parts, then
    the character set), a double array, tokens of 16 bytes and NUL-terminated feature strings. The fourth
    feature of a Korean noun is its reading, which is its surface.
    """
    data = (directory / "sys.dic").read_bytes()
    sizes = struct.unpack_from("<10I", data, 0)
    tokens_at = 72 + sizes[6]
    features_at = tokens_at + sizes[7]
    words = set()
    for _, _, _, cost, feature, _ in struct.iter_unpack("<HHHhII", data[tokens_at:features_at]):
        if cost > limit:
            continue
        start = features_at + feature
        fields = data[start : data.index(b"\0", start)].decode("utf-8").split(",")
        if len(fields) < 5 or fields[0] not in {"NNG", "NNP"} or fields[1] in {"인명", "지명"}:
            continue
        if fields[4] != "Compound" and 2 <= len(fields[3]) <= LONGEST_WORD and HANGUL.match(fields[3]):
            words.add(fields[3])
    return sorted(words)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("inputs", nargs="+", metavar="FILE:COLUMN")
    parser.add_argument("-o", "--output", required=True, type=Path)
    parser.add_argument("--names", action="append", default=[], metavar="FILE:COLUMN")
    parser.add_argument("--teach", action="append", default=[], metavar="FILE:COLUMN")
    parser.add_argument("--words", type=Path)
    parser.add_argument("--word-cost", type=int, default=4000)
    arguments = parser.parse_args()
    try:
        import mecab_ko_dic
        from mecab import MeCab
    except ImportError as error:
        print(f"make_silver: {error}; see the head of this file for the packages", file=sys.stderr)
        return 1
    tagger = MeCab()
    try:
        names = hangul_names(arguments.names + arguments.teach, SHORTEST_NAME)
        seen, segmented = set(), []
        for argument in arguments.inputs:
            for text in read_texts(argument):
                text = unicodedata.normalize("NFC", text)
                text = "".join(" " if is_space(c) else c for c in text).strip()
                if not text or text in seen:
                    continue
                seen.add(text)
                try:
                    segmented.append(segment(tagger, text, names))
                except ValueError:
                    continue
        taught = taught_examples(segmented, hangul_names(arguments.teach, 2))
        reading = readings(segmented + taught)
        with open(arguments.output, "w", encoding="utf-8", newline="\n") as output:
            for tokens in segmented:
                write_line(output, tokens, reading)
            if taught:
                output.write("\n")
            for tokens in taught:
                write_line(output, tokens, reading)
        skipped = len(seen) - len(segmented)
        counts = f"{len(segmented)} texts, {skipped} skipped, {len(names)} names, {len(taught)} taught"
        print(f"make_silver: {counts}", file=sys.stderr)
        if arguments.words:
            words = frequent_nouns(Path(mecab_ko_dic.dictionary_path), arguments.word_cost)
            arguments.words.write_text("".join(word + "\n" for word in words), encoding="utf-8")
            print(f"make_silver: {len(words)} words", file=sys.stderr)
    except (OSError, ValueError, IndexError, StopIteration) as error:
        print(f"make_silver: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
