"""Signs beside words and amounts, where they stand, and what stands behind a number, in shops' files."""

import re

SIGNS = "\xa0€£¥₪–—‘’“”„‚«»‹›…•½¼¾°®©™×§¡¿№"
SIGNS_IN_WORDS = "’‘´·\xad\xa0"
DASHES = "–—"
LINES_OF_DOS = re.compile("[\u2500-\u259f]")
# By the characters before and after: a space in an amount, “Mug®”, “1ª”, “Nº”, “m²”, “µm”.
SURE_PLACE = re.compile(r"\d\xa0|\w[™®…]|\d[ªº¼½¾]|[DMNn][ªº]|[mM][²³]|.?µm")
WRONG_PLACE = re.compile(r"[^\W\d][€£¥₪¡¿„‚]|.?[€£¥₪][^\W\d]", re.DOTALL)
# Pairs around words, and the ’ of “Zoe’s” and “d’or”, not that in the midst of a word.
PAIRED_SIGNS = re.compile(
    r"“[^“”\n]{1,60}”|[„‚][^\n]{1,60}?[“‘]|‘[^‘’\n]{1,60}’|«[^\n]{1,60}?»|‹[^\n]{1,60}?›|¿[^\n]{1,60}?\?|¡[^\n]{1,60}?!"
)
APOSTROPHE = re.compile(
    r"(?<!\w)’(?:n’|\d\d)(?!\w)|(?<!\w)(?:[cdjlmnosty]|qu|(?:da|de|ne|su|a)ll|un|aujourd|(?:lors|jus|puis)qu)’(?=\w)"
    r"|(?<=\w)’(?:[stdmn]|ll|re|ve|y[aeıiuü]|n?[ıiuü]n?|d[ae]n?|t[ae]n?)?(?!\w)",
    re.IGNORECASE,
)
# Mostly the currency of an amount.
UNITS = (
    r"zł|Kč|руб|р|грн|лв|ден|дин|сом|тг|шт|кг|см|мл|КМ|ευρώ|บาท"
    r"|ש\"ח|ر\.س|د\.إ|ج\.م|د\.ك|د\.م|ريال|درهم|جنيه|دينار"
)
UNIT_BEHIND_NUMBER = re.compile(rf"\d[ \xa0]?(?:{UNITS})(?!\w)")
