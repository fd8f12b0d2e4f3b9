"""Numbers and addresses as people of many languages write, copy, scan and paste them."""

from functools import partial

import pytest

from orders.contacts import read_contact, shorten_phone
from orders.email_addresses import extract_email
from orders.models import Order
from orders.numbers import read_number
from tests.linear_time import takes_linear_time

ZOE = "zoe@example.com"
TRACKING = "JD000000000012345678"
SHOP = (
    "#4711",
    "ORD-2024-9001",
    "B-77",
    "SO/2026/0815",
    "#AP-123456",
    "1234567890",
    "#1001",
    "#1001-A",
    "XKBKNABJK",
)
WRITTEN = {
    "#4711": [
        *("Bestellnummer: 4711", "meine Bestellung Nr 4711 ist nicht da", "Rechnung RE-4711", "Retoure 4711"),
        *("commande n°4711", "numéro de commande : 4711", "ma commande 4 711", "facture F4711"),
        *("pedido nº 4711", "núm. 4711", "encomenda 4711", "ordine n. 4711", "comanda nr. 4711"),
        *("sipariş no: 4711", "4711 numaralı siparişim", "siparis 4711'in durumu", "bestelling 4711"),
        *("zamówienie nr 4711", "tilaus 4711", "заказ №4711", "замовлення 4711", "đơn hàng 4711"),
        *(
            "ご注文番号：＃4711",
            "注文番号は4711です",
            "注文番号４７１１",
            "订单号码：4711，谢谢",
            "주문번호 4711번",
        ),
        *("رقم الطلب ٤٧١١", "شماره سفارش ۴۷۱۱", "ऑर्डर ४७११", "หมายเลขคำสั่งซื้อ ๔๗๑๑", "מספר הזמנה 4711"),
        *("47II", "47l1", "4 7 1 1", "4-7-1-1", "4.711", "4,711", "(4711)", "order4711", "№4711"),
        *("④⑦①①", "4711\u200b", "\u202a4711\u202c", TRACKING, "JD00 0000 0000 1234 5678"),
        "https://shop.example/orders/4711/authenticate?key=9f8e7d",
        "Fwd: Your order #4711 is on its way (2 items)",
        "Hi,\n\nyour order #4711 from 1 September 2026 has shipped.\nTotal: 24.90 EUR\n-- \nShop",
        "mein Code ist 4711, Tel. 030 1234567",
        "Bestellung vom 01.09.2026 Nr. 4711",
    ],
    "ORD-2024-9001": ["9001", "ord20249001", "2024–9001"],
    "B-77": ["В-77", "заказ в77", "b77", "B 77", "B_77", "bestelling b-77 aub"],
    "SO/2026/0815": ["0815", "815", "SO 2026 0815", "so20260815"],
    "#AP-123456": ["123456", "ap 123 456"],
    "1234567890": ["Order ID 1234567890 on Etsy", "123-456-7890"],
    "#1001-A": ["1001-А", "#1001-Α", "1001-A", "1001a", "#1001 A", "Bestellung 1001 - A."],
    "#1001": [
        "1001",
        "IOO1",
        "заказ 1ОО1",
        "1ΟΟ1",
        "10О1",
        "%231001",
        "https://shop.example/?order=%231001",
        "1001 a parcel came",
    ],
    "XKBKNABJK": ["XKBKNABJK", "Bestellung xkbknabjk vom 3.9.", "order XKBKNABJK please"],
}


@pytest.mark.django_db
def test_a_number_as_people_of_many_languages_write_it():
    for number in SHOP:
        Order.objects.create(number=number, email=ZOE, tracking=TRACKING if number == "#4711" else "")
        Order.objects.create(number=f"X{number}9", email="bob@example.com")
    theirs = Order.objects.filter(email=ZOE)
    found = {
        written: [order.number for order in theirs.find_by_number(written)]
        for all_written in WRITTEN.values()
        for written in all_written
    }
    assert found == {written: [number] for number, all_written in WRITTEN.items() for written in all_written}


@pytest.mark.parametrize(
    "written",
    [
        *("zoe @ example.com", "zoe@ example.com", "zoe@example .com", "zoe@example,com", "zoe@example。com"),
        *(
            "zoe\u200b@example.com",
            "\u2068zoe@example.com\u2069",
            "[zoe@example.com](mailto:zoe@example.com)",
        ),
        *(
            "メールはzoe@example.comです",
            "邮箱zoe@example.com",
            "이메일zoe@example.com입니다",
            "„zoe@example.com“",
        ),
        *(
            "zoe arobase example point com",
            "zoe klammeraffe example punkt com",
            "zoe małpa example kropka com",
        ),
        *(
            "zoe собака example точка com",
            "zoe アット example ドット com",
            "I am at home: zoe at example dot com",
        ),
        *("zoe krøllalfa example punktum com", "zoe равлик example крапка com", "zoe ät example piste com"),
        *("zoe골뱅이example점com", "zoe 艾特 example 点 com", "zoeアットマークexampleドットcom"),
        *("zoe a còng example chấm com", "zoe kuyruklu a example nokta com", "zoe παπάκι example τελεία com"),
        *("zoe שטרודל example נקודה com", "zoe آت example دوت com", "zoe arond example punct com"),
        *("zoe_at_example_dot_com", "zoe -at- example -dot- com", "zoe[@]example[.]com", "zoe@example[.]com"),
        *(
            "_zoe@example.com_",
            "zoe%40example.com",
            "zo%00e%40example.com%00",
            "zo\0e%40example.com",
            "zoe&#64;example.com",
            "zoe@example·com",
        ),
        *(
            "zoe\\@example.com",
            "zoe@example\\.com",
            "zoe@@example.com",
            "zoe@example..com",
            'zoe"@"example.com',
        ),
        *("zoe@example.com-ra", "zoe@example.com-tól", "zoe@example.com-in", "zoe@example.com'dan"),
        *("zoe@example.comдан", "zoe@example.comשלי", "zoe@example.comครับ", "zoe@example.comهو"),
        *("мойzoe@example.com", "שלzoe@example.com"),
    ],
)
def test_an_address_as_people_of_many_languages_write_it(written):
    assert extract_email(written) == ZOE


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("zoe underscore b at example dot com", "zoe_b@example.com"),
        ("zoe underscore b@example.com", "zoe_b@example.com"),
        ("zoe (underscore) b at example dot com", "zoe_b@example.com"),
        ("zoe\\_b@example.com", "zoe_b@example.com"),
        ("zoe at sign example dot com", "zoe@example.com"),
        ("zoe at-symbol example period com", "zoe@example.com"),
        ("zoe full stop b at example full stop com", "zoe.b@example.com"),
        ("zoe dash b at example dot com", "zoe-b@example.com"),
        ("zoe minus b at example dot com", "zoe-b@example.com"),
        ("zoe plus shop at example dot com", "zoe+shop@example.com"),
        ("zoe dot b underscore c dash d at my dash shop dot com", "zoe.b_c-d@my-shop.com"),
        ("zoe unterstrich b ät example punkt com", "zoe_b@example.com"),
        ("zoe bindestrich b ät example punkt com", "zoe-b@example.com"),
        ("zoe tiret bas b arobase example point com", "zoe_b@example.com"),
        ("zoe tiret b arobase example point com", "zoe-b@example.com"),
        ("zoe guion bajo b arroba example punto com", "zoe_b@example.com"),
        ("zoe guión b arroba example punto com", "zoe-b@example.com"),
        ("zoe traço b arroba example ponto com", "zoe-b@example.com"),
        ("zoe trattino basso b chiocciola example punto com", "zoe_b@example.com"),
        ("zoe streepje b apenstaartje example punt com", "zoe-b@example.com"),
        ("zoe understreck b snabel-a example punkt com", "zoe_b@example.com"),
        ("zoe podkreślenie b małpa example kropka com", "zoe_b@example.com"),
        ("zoe podtržítko b zavináč example tečka com", "zoe_b@example.com"),
        ("zoe kötőjel b kukac example pont com", "zoe-b@example.com"),
        ("zoe alt çizgi b kuyruklu a example nokta com", "zoe_b@example.com"),
        ("zoe нижнее подчёркивание b собака example точка com", "zoe_b@example.com"),
        ("zoe дефис b собака example точка com", "zoe-b@example.com"),
        ("zoeアンダーバーbアットマークexampleドットcom", "zoe_b@example.com"),
        ("zoe하이픈b골뱅이example점com", "zoe-b@example.com"),
        ("zoe减号b艾特example点com", "zoe-b@example.com"),
    ],
)
def test_a_sign_of_an_address_is_read_in_words(written, address):
    assert extract_email(written) == extract_email(f"Mail: {written}.") == address


@pytest.mark.parametrize(
    "written",
    [
        "zoe@my-shop.com",
        "zoe@mail.shop-ra.hu",
        "zoe@example.xn--p1ai",
        "zoe@firma.vermögensberatung",
        "ζωη@example.com",
        "müller@example.com",
        "ivan@пример.рф",
        "zoe.zimmer+shop@mail.example.co.uk",
        "_zoe@example.com",
    ],
)
def test_letters_of_an_address_are_not_taken_for_words_beside_it(written):
    assert extract_email(f"Mail: {written}.") == written


def test_what_is_long_takes_no_longer_than_what_is_read_of_it():
    for text in ("a@a.", "at dot ", "@ ", "OIL", "é@", "1 ", "a. ", "("):
        for read in (extract_email, read_number, shorten_phone):
            assert takes_linear_time(partial(read, text * 50_000)), (read, text)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "written", ["am 12.3. bestellt", "um 12:30", "12/3", "12-3", "1.2.3", "1.23 EUR", "3."]
)
def test_a_day_or_a_time_is_not_the_end_of_a_number(written):
    for number in ("000000123", "SO/2026/1230"):
        Order.objects.create(number=number, email=ZOE)
    assert not Order.objects.find_by_number(written).exists()


@pytest.mark.parametrize(
    "written",
    [
        "Zoe, 030 1234567, 10115 Berlin",
        "030 1234567 (seit 2024)",
        "call 030.123.45.67 after 5pm",
        "030 1234567, Bestellung 4711",
        "+49 (0)30 1234567 ext. 12",
        "wa.me/49301234567",
        "٠٣٠ ١٢٣٤٥٦٧",
    ],
)
def test_a_telephone_number_among_other_numbers(written):
    address, keys = read_contact("", written)
    assert (address, "301234567" in keys) == ("", True)
