#!/usr/bin/env python3
"""Segments Korean text with mecab-ko and writes the silver data that `train-analyzer` learns from.

    pip install python-mecab-ko==1.3.7 python-mecab-ko-dic==2.1.1.post2
    make_silver.py [--words WORDS.txt] [--names FILE:COLUMN]... -o SILVER.txt FILE:COLUMN...

Nothing is downloaded at run time: the dictionary is inside the second package.

Inputs (one text per line, tab separated, UTF-8) are named FILE:COLUMN, where COLUMN is
  * a number, from 1: the file has no header line;
  * a word: the file has a header line, and the column of that name is read;
  * `bio`: a file of one character per line, in which the lines `## id<TAB>text` hold the sentences.
Texts are taken once each, in NFC. Two runs over the same inputs write the same bytes.

Output: one text per line in vaporetto's tagged format, `surface/TAG surface/TAG ...`. A space separates tokens,
and a backslash stands before every space, slash or backslash that belongs to a surface.

White space is kept, since an eojeol's edge is the best evidence there is of a morpheme's edge. Each white-space or
control character becomes U+30A0 (KATAKANA-HIRAGANA DOUBLE HYPHEN) and is a token of its own with the tag SP.
U+30A0 is used because vaporetto gives it the type `Katakana`, while it gives a space the same type as a
Hangul syllable (`Other`), and because it does not occur in Korean text. The mapping is one character to one
character, so the Rust side does the same thing
(`if c.is_whitespace() || c.is_control() { '\\u{30A0}' } else { c }`) and character offsets stay as they were.

Tags are the first component of mecab-ko-dic's tag (`XSV+EP` -> XSV), with these groups folded into one:
  J   particles (JKS JKC JKG JKO JKB JKV JKQ JX JC)     E   endings (EP EF EC ETN ETM)
  NNB dependent nouns (NNB NNBC)                        MAG adverbs (MAG MAJ)
  SY  symbols (SY SC SSO SSC SE)                        SP  white space
The others stay: NNG NNP NR NP VV VA VX VCP VCN MM IC XPN XSN XSV XSA XR SF SL SH SN.

--names lists names (companies, people, products) that the dictionary may lack. Where mecab-ko's tokens cover such a
name exactly and one of them cannot be part of a name made of known nouns (a particle, an ending, a single syllable
...), it has cut an unknown word at random, and the tokens are joined into one NNP. Compounds of known nouns stay cut.

--words writes the dictionary's frequent nouns (cheap entries of two syllables or more), one per line: the word list
that `train-analyzer` takes as a feature. The cost threshold is --word-cost.

Exit status: 0 done, 1 an input could not be read or mecab-ko is not installed, 2 wrong usage.
"""

import argparse
import re
import struct
import sys
import unicodedata
from pathlib import Path

SPACE = "\u30a0"
HANGUL = re.compile("^[\uac00-\ud7a3]+$")
NOUNS = {"NNG", "NNP", "SL", "SN", "XSN", "XPN", "XR"}
LONGEST_NAME_IN_TOKENS = 6
SHORTEST_NAME = 3
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


def segment(tagger, text: str, names: set):
    """(surface, tag) of every token, white space included; the surfaces joined are the text."""
    tokens = []
    position = 0
    for morpheme in tagger.parse(text):
        start, end = morpheme.span.start, morpheme.span.end
        if start < position or text[start:end] != morpheme.surface:
            raise ValueError("offsets do not match the text")
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


def frequent_nouns(directory: Path, limit: int):
    """The general and proper nouns of the compiled dictionary that cost `limit` or less.

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
        if fields[0] in {"NNG", "NNP"} and len(fields) > 3 and len(fields[3]) > 1 and HANGUL.match(fields[3]):
            words.add(fields[3])
    return sorted(words)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("inputs", nargs="+", metavar="FILE:COLUMN")
    parser.add_argument("-o", "--output", required=True, type=Path)
    parser.add_argument("--names", action="append", default=[], metavar="FILE:COLUMN")
    parser.add_argument("--words", type=Path)
    parser.add_argument("--word-cost", type=int, default=2000)
    arguments = parser.parse_args()
    try:
        import mecab_ko_dic
        from mecab import MeCab
    except ImportError as error:
        print(f"make_silver: {error}; see the head of this file for the packages", file=sys.stderr)
        return 1
    tagger = MeCab()
    try:
        names = set()
        for argument in arguments.names:
            for name in read_texts(argument):
                name = unicodedata.normalize("NFC", name)
                if len(name) >= SHORTEST_NAME and HANGUL.match(name):
                    names.add(name)
        seen, skipped = set(), 0
        with open(arguments.output, "w", encoding="utf-8", newline="\n") as output:
            for argument in arguments.inputs:
                for text in read_texts(argument):
                    text = unicodedata.normalize("NFC", text)
                    text = "".join(" " if is_space(c) else c for c in text).strip()
                    if not text or text in seen:
                        continue
                    seen.add(text)
                    try:
                        tokens = segment(tagger, text, names)
                    except ValueError:
                        skipped += 1
                        continue
                    output.write(" ".join(re.sub(r"([ /\\])", r"\\\1", s) + "/" + t for s, t in tokens) + "\n")
        print(f"make_silver: {len(seen) - skipped} texts, {skipped} skipped, {len(names)} names", file=sys.stderr)
        if arguments.words:
            words = frequent_nouns(Path(mecab_ko_dic.dictionary_path), arguments.word_cost)
            arguments.words.write_text("".join(word + "\n" for word in words), encoding="utf-8")
            print(f"make_silver: {len(words)} words", file=sys.stderr)
    except (OSError, ValueError, StopIteration) as error:
        print(f"make_silver: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
