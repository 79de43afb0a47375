"""Transparent pixels laid on a ground of one colour."""

import numpy as np

from signature.compiled import compiled
from signature.grey import Pixels
from signature.parameters import Colour


def over_ground(pixels: Pixels, ground: Colour) -> Pixels:
    """Colours as they look on a ground.

    What a transparent pixel hides does not count: image-match drops the alpha channel and so signs
    hidden colours; on pictures with no transparency the result is the same.

    Parameters
    ----------
    pixels : (h, w, 4) uint8
        Red, green, blue and alpha (0 transparent, 255 opaque), not premultiplied.
    ground : (int, int, int)
        Red, green and blue of the ground, 0 to 255.

    Returns
    -------
    (h, w, 3) uint8
        Rounded to the nearest whole number.

    Examples
    --------
    >>> over_ground(np.array([[[0, 0, 0, 0], [10, 20, 30, 255]]], np.uint8), (255, 255, 255))
    array([[[255, 255, 255],
            [ 10,  20,  30]]], dtype=uint8)
    """
    view = np.ascontiguousarray(pixels).view()
    view.flags.writeable = False
    return _over_ground(view, np.array(ground, np.int32))


@compiled
def _over_ground(pixels: Pixels, ground: "np.ndarray[tuple[int], np.dtype[np.int32]]") -> Pixels:
    height, width, _ = pixels.shape
    result = np.empty((height, width, 3), np.uint8)
    for row in range(height):
        for column in range(width):
            alpha = np.int32(pixels[row, column, 3])
            for colour in range(3):
                mixed = alpha * pixels[row, column, colour] + (255 - alpha) * ground[colour]
                result[row, column, colour] = (mixed + 127) // 255
    return result
