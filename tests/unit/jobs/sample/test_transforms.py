import numpy as np
import pytest
from PIL import Image

from jobs.sample import transforms
from jobs.sample.recipes import RECIPES


@pytest.fixture
def picture() -> Image.Image:
    return Image.fromarray(np.random.default_rng(7).integers(0, 256, (60, 100, 3), np.uint8))


def changed(transform: transforms.Transform, picture: Image.Image, seed: int = 1) -> Image.Image:
    return transform(picture, np.random.default_rng(seed))


@pytest.mark.parametrize(
    ("transform", "size"),
    [
        (transforms.resized(0.5, 0.25), (50, 15)),
        (transforms.resized(0.001, 0.001), (1, 1)),
        (transforms.cropped(0.05), (90, 54)),
        (transforms.bordered(0.05, "white"), (110, 66)),
        (transforms.letterboxed(16 / 9), (107, 60)),
        (transforms.letterboxed(1.0), (100, 100)),
        (transforms.watermarked, (100, 60)),
        (transforms.rotated(2), (100, 60)),
        (transforms.transposed(Image.Transpose.ROTATE_90), (60, 100)),
    ],
)
def test_sizes(
    picture: Image.Image, transform: transforms.Transform, size: tuple[int, int]
) -> None:
    assert changed(transform, picture).size == size


def test_what_they_do_to_pixels(picture: Image.Image) -> None:
    before = np.asarray(picture, np.int16)
    crop = np.asarray(changed(transforms.cropped(0.1), picture))
    assert np.array_equal(crop, before[6:54, 10:90])
    frame = np.asarray(changed(transforms.bordered(0.1, "white"), picture))
    assert np.array_equal(frame[6:66, 10:110], before)
    assert (frame[:6] == 255).all()
    assert np.asarray(changed(transforms.brightened(0.5), picture)).mean() < before.mean() * 0.55
    assert np.asarray(changed(transforms.contrasted(0.5), picture)).std() < before.std() * 0.6
    assert np.asarray(changed(transforms.blurred(2), picture)).std() < before.std() * 0.6
    flip = transforms.transposed(Image.Transpose.FLIP_LEFT_RIGHT)
    assert np.array_equal(np.asarray(changed(flip, picture)), before[:, ::-1])
    assert changed(transforms.converted("L"), picture).mode == "L"


def test_noise_has_the_deviation_that_was_asked_for() -> None:
    grey = Image.new("RGB", (200, 200), (128, 128, 128))
    noise = np.asarray(changed(transforms.noised(10), grey), np.float64) - 128
    assert abs(noise.mean()) < 0.2
    assert abs(noise.std() - 10) < 0.2


@pytest.mark.parametrize("transform", [transforms.noised(10), transforms.watermarked])
def test_chance_comes_from_the_generator_only(
    picture: Image.Image, transform: transforms.Transform
) -> None:
    first, again, other = (changed(transform, picture, seed) for seed in (1, 1, 2))
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


def test_recipes_have_distinct_names_and_leave_the_picture_alone(picture: Image.Image) -> None:
    assert len({recipe.name for recipe in RECIPES}) == len(RECIPES)
    before = picture.tobytes()
    for recipe in RECIPES:
        if recipe.transform is not None:
            changed(recipe.transform, picture)
    assert picture.tobytes() == before
