"""The formats of `/v1`: a row of the table each, the first what a client gets that takes any."""

from typing import Final

from app.wire import json, npy, raw

CODECS: Final = {codec.media_type: codec for codec in (json.CODEC, npy.CODEC, raw.CODEC)}
