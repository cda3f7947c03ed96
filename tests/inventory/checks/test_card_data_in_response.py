"""Names of members: which say that the number or the code of a card is answered."""

import pytest

from inventory.checks.card_data_in_response import names_card_data


@pytest.mark.parametrize(
    "name",
    [
        "cardNumber", "card_number", "CardNumber", "CARD_NUMBER", "cardnumber", "card-number", "creditCardNumber",
        "paymentCardNumber", "pan", "PAN", "cardPan", "cvv", "cvv2", "CVC", "cardCvc", "card_code", "securityCode",
        "ccNumber", "creditCard", "track2Data", "pinBlock", "cardNo", "primaryAccountPan", "debitCardNumber",
    ],
)  # fmt: skip
def test_numbers_and_codes_of_cards_are_named(name: str) -> None:
    assert names_card_data(name)


@pytest.mark.parametrize(
    "name",
    [
        "id", "number", "card", "cards", "cardLast4", "last4", "cardToken", "cardBrand", "cardType", "cardNumberMasked",
        "maskedPan", "truncatedPan", "panHash", "cardNumberLastFour", "creditCardType", "cardExpiry", "expand",
        "company", "panel", "span", "discard_number", "postcardNumbering", "pincode", "trackingNumber", "orderNumber",
        "scorecard", "cvvPresent", "cardId", "boardingCardSeat", "securityCodeRequired", "japan", "", "\u0661",
        "creditCardLimit",
    ],
)  # fmt: skip
def test_what_is_left_of_a_card_or_only_sounds_like_one_is_not(name: str) -> None:
    assert not names_card_data(name)
