"""Which encoding a spreadsheet has written a file in, by a few words of it."""

import pytest

from orders.exports.code_pages import detect_encoding

WORDS = {
    "windows-1251": [
        *("ИВАНОВ ИВАН,МОСКВА", "ЮРИЙ ЖУКОВ,РЯЗАНЬ", "КРУЖКА СИНЯЯ", "ШЕВЧЕНКО ТАРАС,КИЇВ"),
        *("Иванов Иван,Москва", "ИВАНОВ ИВАН,МОСКВА,Кружка", "ГЕОРГИЕВ ЦВЕТАН,СОФИЯ"),
    ],
    "windows-1253": ["ΠΑΠΑΔΟΠΟΥΛΟΣ ΓΙΩΡΓΟΣ,ΑΘΗΝΑ", "ΚΟΥΠΑ ΜΠΛΕ", "Παπαδόπουλος Γιώργος,Αθήνα"],
    "cp932": [
        *("山田太郎,東京都", "田中花子,大阪府大阪市北区", "佐藤,千葉県", "鈴木一郎,神奈川県横浜市"),
        "青いマグカップ",
    ],
    "gb18030": ["张伟,北京", "王芳,上海市浦东新区", "红色陶瓷杯,深圳", "刘洋,成都市武侯区"],
    "big5": ["王大明,台北市", "陳小姐,高雄市", "紅色陶瓷杯"],
    "cp949": ["김철수,서울", "이영희 부산광역시", "머그컵"],
    "windows-1252": ["MÜLLER,KÖLN", "ÉTÉ À LA PLAGE", "SKÅNE, ÅÄÖ", "Øre, Ærø", "Corações e leões"],
    "windows-1250": ["ŻÓŁTY KUBEK, ŁYŻKA", "Szűcs Győző, Őrsi Ödön, Tóth Éva"],
    "windows-1255": ["משה כהן,תל אביב", "שרה לוי, דוד מזרחי"],
    "windows-1256": ["محمد علي,القاهرة", "فاطمة حسن, أحمد السيد"],
    "koi8-r": ["Иван Петров,Москва", "Ольга Кузнецова, Сергей Щукин"],
    "cp866": ["Иван Петров,Москва", "Ольга Кузнецова, Сергей Щукин"],
    "mac-roman": ["MÜLLER,KÖLN, GRÖSSE", "Théière émaillée", "L’été", "Tasse “Blau”", "12,50 €"],
    "cp858": ["Müsli-Schüssel größer", "90° Becher"],
    "windows-1257": ["Šiauliai, Kęstutis Šimkus", "Jānis Bērziņš, Šķīvis"],
    "cp874": ["แก้วน้ำ,กรุงเทพฯ", "สีฟ้า", "แจกันสีแดง"],
    "euc_jp": ["青いマグカップ", "田中さん,東京"],
}
SIGNS = [
    *(
        "Zoe’s Mug",
        "O’Brien",
        "L’Oréal",
        "Rock ’n’ Roll",
        "McDonald’s",
        "Mug™ Pro",
        "Levi’s® 501",
        "Tasse “Blau”",
    ),
    *(
        "„Becher“",
        "‚Becher‘",
        "»Becher«",
        "« Tasse »",
        "‹Mug›",
        "¡Oferta!",
        "Señor ¿qué?",
        "Mug – blue",
        "S–XL",
        "Mug…",
    ),
    *(
        "10×20",
        "80×120 cm",
        "Ø 10 cm",
        "Ø20 mm",
        "90° Mug",
        "½ Liter",
        "1¼ Zoll",
        "10 m²",
        "5 µm",
        "Nº 5",
        "1ª classe",
    ),
    *("£1234.50", "€5", "5 €", "12,50 €", "12\xa0%", "§ 5", "© 2026", "• Mug"),
]
AMOUNTS = {
    "windows-1252": (["€", "kr", "DKK", "CHF", ""], ["Mug", "Théière à café", "Blå kopp", "Größe"]),
    "windows-1250": (
        ["zł", "Kč", "Ft", "lei", "€"],
        ["Kubek żółty", "Příbor Dvořák", "Szűcs Győző", "Ţuţea Băsescu"],
    ),
    "windows-1251": (["руб.", "р.", "грн", "лв.", "€"], ["Кружка синяя", "Чаша", "Київ"]),
    "windows-1253": (["€"], ["Κούπα μπλε"]),
    "windows-1254": (["TL", "€"], ["Ayşe Yılmaz", "Işık"]),
    "windows-1255": (["₪"], ["משה כהן"]),
    "windows-1256": (["ر.س"], ["محمد علي"]),
    "windows-1257": (["€"], ["Kęstutis Šimkus"]),
    "cp874": (["บาท"], ["แก้วน้ำ"]),
    "mac-roman": (["€", "kr"], ["Grün", "Blå kopp"]),
}


@pytest.mark.parametrize(("encoding", "words"), [(each, words) for each in WORDS for words in WORDS[each]])
def test_a_few_words_tell_the_encoding(encoding, words):
    assert detect_encoding(f"#1001,{words},10.00\n".encode(encoding)) == encoding


@pytest.mark.parametrize("words", SIGNS)
def test_signs_alone_tell_the_text_of_windows(words):
    row = f"#1001,{words},10.00\n".encode("windows-1252")
    assert [row.decode(detect_encoding(row * count)) for count in (1, 5)] == [f"#1001,{words},10.00\n"] * 2


@pytest.mark.parametrize(
    ("encoding", "unit", "words"),
    [(each, unit, words) for each, (units, names) in AMOUNTS.items() for unit in units for words in names],
)
def test_spaces_and_units_of_amounts_are_no_letters(encoding, unit, words):
    rows = "".join(f"#{number};1\xa0{number},50\xa0{unit};Mug\n" for number in range(100, 130))
    for text in (f"{rows}#1001;5,00\xa0{unit};{words}\n", rows):
        data = text.encode(encoding)
        assert data.decode(detect_encoding(data)) == text


def test_a_word_of_another_script_that_looks_like_utf_8_is_none():
    assert detect_encoding("#1001,Мёд\n".encode("windows-1251")) == "windows-1251"
    assert detect_encoding("Größe, Mädchen, Straße".encode() + b"\xe9") == "utf-8"


@pytest.mark.parametrize("count", range(12))
def test_words_in_capitals_may_stand_beside_others(count):
    text = "1,ИВАНОВ ИВАН,МОСКВА,ЛЕНИНА\n" * 6 + "2,Кружка синяя\n" * count
    assert detect_encoding(text.encode("windows-1251")) == "windows-1251"
