"""Which encoding a spreadsheet has written a file in, by a few words of it."""

import pytest

from orders.code_pages import detect_encoding

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
    "mac-roman": ["MÜLLER,KÖLN, GRÖSSE", "Théière émaillée"],
}


@pytest.mark.parametrize(("encoding", "words"), [(each, words) for each in WORDS for words in WORDS[each]])
def test_a_few_words_tell_the_encoding(encoding, words):
    assert detect_encoding(f"#1001,{words},10.00\n".encode(encoding)) == encoding


@pytest.mark.parametrize("count", range(12))
def test_words_in_capitals_may_stand_beside_others(count):
    text = "1,ИВАНОВ ИВАН,МОСКВА,ЛЕНИНА\n" * 6 + "2,Кружка синяя\n" * count
    assert detect_encoding(text.encode("windows-1251")) == "windows-1251"
