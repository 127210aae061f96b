"""The files of Multi30k: names, checksums, and who holds a copy.

The MD5 sums of the packed files are those that torchtext published with the first of these
addresses (in torchtext.experimental.datasets.raw); the copy that this book was made with has the
same. The second address leads to the same repository, the third to jsDelivr's copy of it. None
could be tried where this was written, without network: a dead one costs a timeout, no more.
"""

from collections.abc import Mapping

from companion.data.fetch import RemoteFile

LANGUAGES = ("de", "en", "fr")
SPLITS = ("train", "val", "test_2016_flickr")
MIRRORS = (
    "https://raw.githubusercontent.com/multi30k/dataset/master/data/task1/raw/",
    "https://github.com/multi30k/dataset/raw/master/data/task1/raw/",
    "https://cdn.jsdelivr.net/gh/multi30k/dataset@master/data/task1/raw/",
)

_PACKED = {
    "train.de": "81ff90b99829c0cd4b1b587d394afd39",
    "train.en": "0065d13af80720a55ca8153d126e6627",
    "train.fr": "6cb767741dcad3931f966fefbc05203f",
    "val.de": "6e0e229eb049e3fc99a1ef02fb2d5f91",
    "val.en": "2b69aa9253948ac9f67e94917272dd40",
    "val.fr": "93fc564584b7e5ba410c761ea5a1c682",
    "test_2016_flickr.de": "efd67d314d98489b716b145475101932",
    "test_2016_flickr.en": "ff2c0fcb4893a13bd73414306bc250ae",
    "test_2016_flickr.fr": "08dc7cd4a662f31718412de95ca9bfe3",
}

MULTI30K_FILES: Mapping[str, RemoteFile] = {
    name: RemoteFile(f"{name}.gz", md5, tuple(f"{mirror}{name}.gz" for mirror in MIRRORS))
    for name, md5 in _PACKED.items()
}

# The same files unpacked.
MULTI30K_UNPACKED_MD5: Mapping[str, str] = {
    "train.de": "d3b4bc1671cfb805267f97f16884beba",
    "train.en": "053a34ece7c904dbc8c7361799afbe4c",
    "train.fr": "849ec62eac03bcc3335f8bac00a4045a",
    "val.de": "9f139b15d9d11936dea7af2904e57d8c",
    "val.en": "2234730e7925354b766681b029b347ec",
    "val.fr": "5c6267b6b147feb0fd6a826d01b7a53a",
    "test_2016_flickr.de": "cde61d7401b116652ee84099c7858ca3",
    "test_2016_flickr.en": "2022a6c31e2418047a0511333d55ed42",
    "test_2016_flickr.fr": "091159ae517b43efa0faaa650c49923b",
}
