"""Units of medicine and nutrition as they are spoken: symbol → English singular, English plural, Chinese.

Chinese names follow the mainland usage for statutory units (克, 千焦, 毫摩尔每升).
`µ` and `μ` (two code points) and superscripts are unified before the look-up.
"""

from __future__ import annotations

import re

from robot.events import Language

_TABLE = """
g               gram                    grams                       克
mg              milligram               milligrams                  毫克
mcg ug µg       microgram               micrograms                  微克
kg              kilogram                kilograms                   公斤
lb lbs          pound                   pounds                      磅
oz              ounce                   ounces                      盎司
L l             liter                   liters                      升
dL dl           deciliter               deciliters                  分升
mL ml cc        milliliter              milliliters                 毫升
tsp             teaspoon                teaspoons                   茶匙
tbsp            tablespoon              tablespoons                 汤匙
kcal            kilocalorie             kilocalories                千卡
cal             calorie                 calories                    卡
kJ kj           kilojoule               kilojoules                  千焦
mmol            millimole               millimoles                  毫摩尔
mol             mole                    moles                       摩尔
mEq             milliequivalent         milliequivalents            毫当量
IU iu           international unit      international units         国际单位
U               unit                    units                       单位
mmHg            millimeter of mercury   millimeters of mercury      毫米汞柱
kPa             kilopascal              kilopascals                 千帕
bpm             beat per minute         beats per minute            次每分钟
dB              decibel                 decibels                    分贝
°C ℃            degree Celsius          degrees Celsius             摄氏度
°F ℉            degree Fahrenheit       degrees Fahrenheit          华氏度
mm              millimeter              millimeters                 毫米
cm              centimeter              centimeters                 厘米
m               meter                   meters                      米
km              kilometer               kilometers                  公里
m2              square meter            square meters               平方米
ft              foot                    feet                        英尺
s sec secs      second                  seconds                     秒
min mins        minute                  minutes                     分钟
h hr hrs        hour                    hours                       小时
d day days      day                     days                        天
wk week weeks   week                    weeks                       周
month months    month                   months                      个月
yr yrs year     year                    years                       年
%               percent                 percent                     百分之
"""

_DENOMINATORS = (
    "meal serving dose time person night cup minute hour second 天 日 周 月 次 餐 小时 分钟 公斤 千克 升 毫升"
)

_UNITS: dict[str, tuple[str, str, str]] = {}
for _line in _TABLE.strip().splitlines():
    _symbols, _one, _many, _chinese = re.split(r"\s{2,}", _line.strip())
    for _symbol in _symbols.split():
        _UNITS[_symbol] = (_one, _many, _chinese)

_PER = {symbol: one for symbol, (one, _, _) in _UNITS.items()} | {word: word for word in _DENOMINATORS.split()}
_PER_ZH = {"个月": "月"}


def _either(symbols: list[str]) -> str:
    return "|".join(re.escape(symbol) for symbol in sorted(symbols, key=len, reverse=True))


_BASE = _either(list(_UNITS))
UNIT = rf"(?:{_BASE})(?:\s?/\s?(?:{_either(list(_PER))}))*(?![A-Za-z0-9])"
"""A unit expression such as g/kg/day, after `plain`."""


def plain(text: str) -> str:
    """`text` of the same length with the look-alikes of the table's symbols unified."""
    return text.translate(_LOOK_ALIKES)


_LOOK_ALIKES = str.maketrans({"μ": "µ", "²": "2", "³": "3", "º": "°", "−": "-"})


def say_unit(expression: str, language: Language, *, many: bool) -> str:
    """`g/kg/day` → grams per kilogram per day. In Chinese 克每公斤每天."""
    first, *below = re.split(r"\s?/\s?", expression)
    one, plural, chinese = _UNITS[first]
    if language == "zh":
        names = [_UNITS[symbol][2] if symbol in _UNITS else symbol for symbol in below]
        return "每".join([chinese, *(_PER_ZH.get(name, name) for name in names)])
    return " per ".join([plural if many else one, *(_PER[symbol] for symbol in below)])
