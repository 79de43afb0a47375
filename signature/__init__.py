"""Signatures of pictures: what image-match computes, bit for bit, without Spark or a network.

``ImageSignature`` has image-match's interface; ``sign_bytes`` is the way from a file to the
compact signature that the rest of the application works on.
"""

from signature.compacting import compact, expand
from signature.decode import Picture, decode
from signature.distance import distances, normalized_distance
from signature.errors import DecodeError, ParameterError, SignatureError
from signature.featureless import are_featureless, is_featureless
from signature.image_signature import ImageSignature
from signature.orientations import Orientation, all_orientations, inverted, oriented
from signature.packing import pack_levels, unpack_levels
from signature.parameters import (
    DecodePolicy,
    SignatureParameters,
    WordParameters,
    signature_version,
)
from signature.sign import Signed, sign_bytes, sign_pixels
from signature.words import words, words_of_compact

__all__ = [
    "DecodeError",
    "DecodePolicy",
    "ImageSignature",
    "Orientation",
    "ParameterError",
    "Picture",
    "SignatureError",
    "SignatureParameters",
    "Signed",
    "WordParameters",
    "all_orientations",
    "are_featureless",
    "compact",
    "decode",
    "distances",
    "expand",
    "inverted",
    "is_featureless",
    "normalized_distance",
    "oriented",
    "pack_levels",
    "sign_bytes",
    "sign_pixels",
    "signature_version",
    "unpack_levels",
    "words",
    "words_of_compact",
]
