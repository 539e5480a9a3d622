"""Words and signs beside a number: scales, percent, currencies and units of measure, in the languages seen in reports.

A billion is 10⁹ and a trillion 10¹², as in English; `Milliarde`, `milliard` and `млрд` are 10⁹.
"""

from fractions import Fraction

_SCALES = {
    10**2: "hundred hundreds hundert 百",
    10**3: "k thousand thousands thous tausend tsd mille mil tys tusen duizend тыс тысяч тысяча тысячи "
    "ألف آلاف हजार हज़ार "
    "千 천 พัน nghìn",
    10**4: "万 萬 만 หมื่น",
    10**5: "lakh lakhs lac lacs लाख แสน",
    10**6: "m mm mn mln mio million millions millionen millón millones milhão milhões milione milioni miljoen млн "
    "миллион миллиона миллионов مليون ملايين ล้าน triệu 百万 百萬 백만",
    10**7: "crore crores करोड़ करोड़ 千万 千萬 천만",
    10**8: "亿 億 억",
    10**9: "b bn bln billion billions mrd milliard milliards milliarde milliarden miljard bilhão bilhões mld млрд "
    "миллиард миллиарда миллиардов مليار tỷ 十亿 十億",
    10**12: "tn trillion trillions трлн триллион триллионов 兆 조 万亿",
}
SCALES = {word: Fraction(factor) for factor, words in _SCALES.items() for word in words.split()}
_LETTERS = frozenset({"k", "m", "mm", "b"})
"""Abbreviations that are scales only directly behind the digits, or behind an amount of money."""

PERCENT = {
    **dict.fromkeys(
        (
            "percent",
            "percents",
            "pct",
            "prozent",
            "procent",
            "percentage",
            "porcento",
            "процент",
            "процента",
            "процентов",
        ),
        Fraction(1, 100),
    ),
    "%": Fraction(1, 100),
    "‰": Fraction(1, 1000),
    "bps": Fraction(1, 10_000),
    "パーセント": Fraction(1, 100),
    "퍼센트": Fraction(1, 100),
}
PERCENT_PHRASES = {
    **dict.fromkeys(("per cent", "pour cent", "por ciento", "por cento", "per cento", "في المئة"), Fraction(1, 100)),
    "basis points": Fraction(1, 10_000),
}

_CURRENCIES = {
    "$": "$ us$ usd dollar dollars 美元 ドル долларов доллар دولار",
    "€": "€ eur euro euros евро يورو 欧元",
    "£": "£ gbp pound pounds",
    "¥": "¥ jpy yen 円",
    "元": "元 cny rmb yuan 人民币 块",
    "₹": "₹ inr rs rupee rupees रुपये रुपए रुपया",
    "₩": "₩ krw 원",
    "₽": "₽ rub рублей рубля рубль руб",
    "CHF": "chf fr franken",
    "A$": "a$ aud",
    "C$": "c$ cad",
}
CURRENCIES = {word: name for name, words in _CURRENCIES.items() for word in words.split()}

_UNITS: dict[str, dict[Fraction, str]] = {
    "time": {
        Fraction(1): "second seconds sec secs sekunde sekunden seconde secondes segundo segundos секунд 秒 초 ثانية",
        Fraction(60): "minute minutes min mins minuten minuto minutos минут минуты 分钟 分 분 دقيقة",
        Fraction(
            3600
        ): "hour hours hr hrs stunde stunden heure heures hora horas час часа часов 小时 時間 시간 ساعة ساعات घंटे",
        Fraction(86_400): "day days tag tage tagen jour jours día días dia dias день дня дней 天 日 일 يوم أيام दिन",
        Fraction(604_800): "week weeks woche wochen semaine semaines semana semanas неделя недели недель 周 週間 주",
    },
    "months": {
        Fraction(
            1
        ): "month months monat monate monaten mois mes meses mês месяц месяца месяцев 个月 か月 ヶ月 개월 شهر أشهر",
        Fraction(
            12
        ): "year years yr yrs jahr jahre jahren ans année années año años ano anos год года лет 年 년 سنة سنوات",
    },
    "length": {
        Fraction(1, 1000): "mm millimeter millimeters millimetre millimetres",
        Fraction(1, 100): "cm centimeter centimeters centimetre centimetres",
        Fraction(1): "m meter meters metre metres",
        Fraction(1000): "km kilometer kilometers kilometre kilometres",
        Fraction(254, 10_000): "inch inches",
        Fraction(3048, 10_000): "ft foot feet",
        Fraction(9144, 10_000): "yard yards",
        Fraction(1_609_344, 1000): "mile miles",
    },
    "mass": {
        Fraction(1, 1000): "mg",
        Fraction(1): "g gram grams gramm",
        Fraction(1000): "kg kilogram kilograms kilo kilos 公斤",
        Fraction(45_359_237, 100_000): "lb lbs",
        Fraction(45_359_237, 1_600_000): "oz ounce ounces",
    },
    "data": {Fraction(1000**power): words for power, words in enumerate(("byte bytes", "kb", "mb", "gb", "tb"))},
}
UNITS = {
    word: (dimension, factor)
    for dimension, factors in _UNITS.items()
    for factor, words in factors.items()
    for word in words.split()
}
"""Words with their dimension and factor. A number of days and one of months have no exact ratio."""

SMALL_NUMBERS = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve".split()  # noqa: SIM905
    )
}


def scale(word: str, *, attached: bool, money: bool) -> Fraction | None:
    """The factor of a word behind a number, or None.

    Args:
        attached: Whether the word follows the digits directly.
        money: Whether the number is an amount of money.
    """
    folded = word.casefold()
    if folded in ("m", "mm") and not money:
        return SCALES["m"] if word == "M" else None
    return None if folded in _LETTERS and not (attached or money) else SCALES.get(folded)
