"""The words by which an answer claims an action, in seven languages, and those of tools' names that do it."""

from ..facts.word_patterns import join_words


def index_words(table: dict[str, str]) -> dict[str, str]:
    """The kind of each word of such a table."""
    return {word: kind for kind, words in table.items() for word in words.split()}


# By kind: the verbs of tools' names, and the participles by which answers claim it. Of those on -o the other forms
# are known too, and so are the French ones.
ACTIONS: dict[str, tuple[str, str]] = {
    "open": (
        "create open file raise submit register log",
        "opened created filed raised submitted registered eröffnet erstellt angelegt aufgenommen ouvert créé "
        "enregistré abierto creado registrado aperto creato registrato aberto criado geopend aangemaakt geregistreerd",
    ),
    "cancel": (
        "cancel void revoke",
        "cancelled canceled voided revoked storniert annulliert annulé anulado cancelado annullato cancellato "
        "geannuleerd",
    ),
    "refund": (
        "refund reimburse credit repay",
        "refunded reimbursed credited repaid erstattet zurückerstattet gutgeschrieben zurücküberwiesen remboursé "
        "crédité reembolsado devuelto abonado rimborsato accreditato estornado creditado devolvido terugbetaald "
        "teruggestort gecrediteerd",
    ),
    "change": (
        "change update edit modify set correct replace remove delete",
        "changed updated edited modified corrected replaced amended removed deleted geändert aktualisiert angepasst "
        "ersetzt gelöscht entfernt modifié changé corrigé remplacé supprimé cambiado modificado actualizado eliminado "
        "modificato cambiato aggiornato sostituito alterado atualizado trocado gewijzigd aangepast "
        "bijgewerkt vervangen verwijderd",
    ),
    "send": (
        "send mail email resend ship",
        "sent shipped emailed e-mailed mailed resent dispatched gesendet geschickt verschickt versendet versandt "
        "zugesandt zugeschickt "
        "envoyé expédié enviado inviato spedito verstuurd verzonden gestuurd gemaild",
    ),
    "deliver": ("deliver", "delivered zugestellt ausgeliefert livré entregado consegnato bezorgd entregue"),
    "forward": (
        "forward escalate notify request report hand pass",
        "forwarded escalated notified informed alerted passed reported weitergeleitet weitergegeben informiert "
        "gemeldet transmis signalé informé transmitido reenviado informado transferido inoltrato trasmesso segnalato "
        "informato encaminhado notificado doorgestuurd doorgegeven ingelicht gemeld",
    ),
    "book": (
        "book schedule arrange reserve",
        "booked scheduled arranged reserved gebucht vereinbart reserviert réservé planifié reservado programado "
        "prenotato riservato agendado geboekt gereserveerd ingepland",
    ),
    "block": (
        "block lock freeze suspend deactivate unblock unlock",
        "blocked locked unblocked unlocked deactivated suspended gesperrt entsperrt bloqué bloqueado bloccato "
        "geblokkeerd",
    ),
    "discount": ("discount voucher coupon", ""),
}
DUTCH_DONE = (
    "geopend aangemaakt geregistreerd geannuleerd terugbetaald teruggestort gecrediteerd gewijzigd aangepast "
    "bijgewerkt vervangen verwijderd verstuurd verzonden gestuurd gemaild doorgestuurd doorgegeven geboekt "
    "gereserveerd ingepland geblokkeerd"
)
# “I've issued a refund”: what was done is in the noun. And other words that tell the kind.
NOUNS = {
    "refund": "refund reimbursement credit erstattung rückerstattung gutschrift remboursement reembolso devolución "
    "rimborso estorno devolução terugbetaling restitutie zwrot",
    "cancel": "cancellation stornierung annulation cancelación anulación annullamento cancelamento annulering "
    "anulowanie",
    "change": "replacement exchange umtausch ersatzlieferung échange cambio sostituzione troca vervanging wymianę",
    "book": "return pickup callback retoure rücksendung abholung rückruf ritiro",
    "investigate": "investigation nachforschung nachforschungsauftrag enquête investigación indagine onderzoek "
    "investigação",
}
NOUN = rf"(?P<action>{join_words(index_words(NOUNS))})\b"
# What may stand between the words of a claim: not the end of its clause, nor a clause that it brings in.
BETWEEN = r"[^.!?;,:]{0,80}?"
BETWEEN_WITHOUT_CLAUSE = r"(?:(?!\bdat\b)[^.!?;,:]){0,80}?"
# “The money has been returned”, and “I've applied a discount”.
OTHER_NOUNS = {"refund": "money", "discount": "discount voucher coupon"}
# “Je viens d'annuler”, “Acabo de cancelar”.
INFINITIVES = {
    "open": "ouvrir créer abrir crear criar",
    "cancel": "annuler cancelar anular",
    "refund": "rembourser créditer reembolsar abonar devolver estornar",
    "change": "modifier changer remplacer cambiar modificar actualizar alterar atualizar trocar",
    "send": "envoyer enviar",
    "forward": "transmettre signaler transmitir reenviar transferir encaminhar",
    "book": "réserver planifier reservar programar agendar",
}
# Said of oneself without an auxiliary verb: “Cancelé su pedido”, “Hiermit storniere ich”; and “I've let them know”.
OWN_FORMS = {
    "open": "abrí creé abri criei eröffne erstelle",
    "cancel": "cancelé anulé cancelei anulei storniere",
    "refund": "reembolsé reembolsei estornei devolvi erstatte",
    "change": "cambié modifiqué actualicé alterei atualizei troquei ändere",
    "send": "envié enviei sende schicke",
    "forward": "know transmití transferí encaminhei transferi",
    "book": "reservé reservei agendei",
}
# Said of what is being done: “I'm cancelling it now”. Its call may follow in the same message.
PRESENT_FORMS = {
    "open": "opening creating filing eröffne ouvre abriendo aprendo abrindo",
    "cancel": "cancelling canceling storniere annule cancelando anulando annullando annuleer",
    "refund": "refunding reimbursing erstatte rembourse reembolsando rimborsando estornando",
    "change": "changing updating ändere modifie cambiando modificando alterando wijzig",
    "forward": "forwarding escalating transmets transfiriendo inoltrando encaminhando",
    "book": "booking scheduling buche réserve reservando prenotando agendando boek",
    "block": "blocking sperre bloque bloqueando bloccando blokkeer",
}
# Said of oneself alone, as others say such things of an order or a day too.
OWN_DONE = {
    "change": "upgraded extended reset stopped paused expedited added made switched enrolled subscribed unsubscribed "
    "verlängert abgemeldet freigeschaltet prolongé prolongée désabonné désabonnée désinscrit désinscrite "
    "borrado prolungato verlengd afgemeld",
    "discount": "waived",
    "block": "put",
    "forward": "contacted asked called phoned spoke spoken reached checked confirmed consulted flagged prioritized "
    "prioritised kontaktiert angerufen angeschrieben benachrichtigt gesprochen telefoniert contacté parlé contactado "
    "contacto hablado contattato parlato contact gesproken contatei contactei contato falei skontaktowałem "
    "skontaktowałam rozmawiałem rozmawiałam",
    "order": "placed purchased",
}
# The verbs of tools' names that do what has no participle of its own above.
OTHER_VERBS = {
    "order": "purchase buy place",
    "change": "upgrade extend reset add pause",
    "forward": "contact ask",
    "investigate": "investigate trace",
    "handover": "human person agent colleague operator handover handoff transfer connect",
}
# Other words by which a result tells of an action.
REPORTS = {
    "open": ("ticket",),
    "forward": ("ticket",),  # which the team reads
    # Not “delivery” alone: an order has such a day long before it is sent.
    "send": (
        "shipped",
        "transit",
        "delivered",
        "out for delivery",
        "out_for_delivery",
        "in delivery",
        "in_delivery",
        "fulfilled",
        "completed",
        "tracking",
        "carrier",
        "on the way",
        "on its way",
        "en route",
        "unterwegs",
        "en camino",
        "onderweg",
        "in viaggio",
        "a caminho",
    ),
    "deliver": ("completed", "picked up", "picked_up", "collected"),
    "cancel": ("void",),
    "discount": ("discount", "voucher", "coupon"),
}
