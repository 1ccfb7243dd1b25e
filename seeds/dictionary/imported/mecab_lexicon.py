"""Reads the words of a compiled MeCab dictionary.

`sys.dic` holds a header of 72 bytes, a double-array trie (darts) of the surfaces, tokens of 16 bytes, and feature strings
that end in NUL. A value of the trie is the number of tokens in its low byte and the position of the first one above.
"""

import numpy

HEADER = 72
NODE = numpy.dtype([("base", "<i4"), ("check", "<u4")])
TOKEN = numpy.dtype(
    [("left", "<u2"), ("right", "<u2"), ("tag", "<u2"), ("cost", "<i2"), ("feature", "<u4"), ("compound", "<u4")]
)


def read_lexicon(folder):
    """Yields (surface, part of speech, semantic class) of every word of the dictionary in `folder`."""
    data = (folder / "sys.dic").read_bytes()
    trie_size, token_size, feature_size = numpy.frombuffer(data, "<u4", count=3, offset=24).tolist()
    trie = numpy.frombuffer(data, NODE, count=trie_size // NODE.itemsize, offset=HEADER)
    tokens = numpy.frombuffer(data, TOKEN, count=token_size // TOKEN.itemsize, offset=HEADER + trie_size)
    features = data[HEADER + trie_size + token_size :][:feature_size]
    starts = tokens["feature"].tolist()
    for surface, value in words(trie):
        for token in range(value >> 8, (value >> 8) + (value & 0xFF)):
            start = starts[token]
            tag, kind, *_ = features[start : features.index(b"\0", start)].decode().split(",")
            yield surface, tag, kind


def words(trie):
    """Walks the double array: the child of a node by byte `b` stands at its base + b + 1, a word's end at its base."""
    bases = trie["base"].astype(numpy.int64)
    parents = trie["check"].astype(numpy.int64)
    order = numpy.argsort(parents, kind="stable")
    first = numpy.searchsorted(parents[order], numpy.arange(len(trie) + 1)).tolist()
    bases, order = bases.tolist(), order.tolist()
    pending = [(bases[0], b"")]
    while pending:
        base, prefix = pending.pop()
        for node in order[first[base] : first[base + 1]]:
            label = node - base
            if label == 0 and bases[node] < 0:
                yield prefix.decode(), -bases[node] - 1
            elif 0 < label <= 256 and bases[node] > 0:
                pending.append((bases[node], prefix + bytes([label - 1])))
