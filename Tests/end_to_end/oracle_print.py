"""How exact figures are printed: rounded once, by largest remainder, so that printed rows add up to the printed total."""
from fractions import Fraction

FEMTO = 10**15


def half_even(exact):
    """A Fraction as the nearest whole number."""
    return round(Fraction(exact))


def column(exact, digits, total=None):
    """Exact figures (Fractions, in the printed unit) as Fractions with so many digits that add up to the rounded total.

    Each is cut down to a whole unit; what the total has beyond these goes to the largest remainders, the earlier first.
    """
    scaled = [Fraction(figure) * 10**digits for figure in exact]
    units = [figure.numerator // figure.denominator for figure in scaled]
    target = half_even(sum(scaled)) if total is None else half_even(Fraction(total) * 10**digits)
    order = sorted(range(len(scaled)), key=lambda n: units[n] - scaled[n])
    for n in order[:max(0, target - sum(units))]:
        units[n] += 1
    return [Fraction(unit, 10**digits) for unit in units]


def money_digits(amounts):
    """Cents from ten dollars on; more digits where all of it together is less."""
    together = sum(abs(amount) for amount in amounts)
    if together == 0 or together >= 10 * FEMTO:
        return 2
    return 4 if together * 10 >= FEMTO else 6


def plain(figure):
    """Plain digits, no exponent, no trailing zeros, of a Fraction with a finite decimal."""
    figure = Fraction(figure)
    digits = 0
    while (figure * 10**digits).denominator != 1:
        digits += 1
        assert digits <= 30, figure
    text = str(abs(figure * 10**digits).numerator).rjust(digits + 1, "0")
    text = text[: len(text) - digits] + ("." + text[len(text) - digits:] if digits else "")
    return "-" + text if figure < 0 else text
