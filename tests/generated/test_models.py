"""The behaviour of models in Python, with the models generated from mini.yaml."""

from __future__ import annotations

import copy
import pickle
import re
from importlib import import_module
from typing import Any, is_typeddict

import attrs
import pytest
from smooch_api import UNSET, Response, Unset
from smooch_api.base import Model
from smooch_api.v1 import models
from specification import Specification

from .spec import CLASSES, VERSIONS

WIRE = {"_id": "1", "type": "text", "text": "Hi", "more": {"a": None}, "source": {"type": "line"}, "email": None}


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, *(lambda value, p=p: pickle.loads(pickle.dumps(value, p)) for p in range(6))]
)
def test_unset_and_models_survive_copy_and_pickle(again: Any) -> None:
    assert again(UNSET) is UNSET
    message = models.TextMessage.from_dict(WIRE)
    assert again(message) == message
    assert again(message).name is UNSET
    assert again(message).to_dict() == WIRE
    response = Response(200, b"{}", {}, message)
    assert again(response) == response


def test_unset_is_false_and_has_a_repr() -> None:
    assert not UNSET
    assert repr(UNSET) == "UNSET"
    assert isinstance(UNSET, Unset)


def test_unset_is_an_empty_text() -> None:
    image = models.ImageMessage.from_dict({"_id": "1", "type": "image"})
    assert str(UNSET) == f"{UNSET}" == f"{UNSET!s}" == "%s" % UNSET == ""  # noqa: UP031
    assert f"You said: {image.text}" == "You said: "
    assert f"{image.text:>3}" == "   "
    assert (image.text or "nothing") == "nothing"
    assert repr([UNSET]) == "[UNSET]"


def test_attributes_are_named_for_python(mini: Any) -> None:
    cat = mini.models.Cat(id="1", name="Tom")
    assert cat.type_ == "cat"
    assert cat.to_dict() == {"_id": "1", "type": "cat", "name": "Tom"}
    owner = mini.models.Owner(name="Ann", for_="Tom", model="m")
    assert owner.to_dict() == {"name": "Ann", "for": "Tom", "model": "m"}


def test_arguments_have_names_and_required_ones_are_required(mini: Any) -> None:
    with pytest.raises(TypeError, match="positional"):
        mini.models.Cat("1")
    with pytest.raises(TypeError, match="'id'"):
        mini.models.Cat()


def test_models_are_equal_by_value(mini: Any) -> None:
    cat = mini.models.Cat
    assert cat(id="1") == cat(id="1")
    assert cat(id="1") != cat(id="2")
    assert cat(id="1") != mini.models.UnknownAnimal(type_="cat")
    more = cat(id="1")
    more["x"] = 1
    assert more != cat(id="1")


def test_unknown_fields_are_keys(mini: Any) -> None:
    cat = mini.models.Cat.from_dict({"_id": "1", "type": "cat", "x": 1})
    assert (cat["x"], "x" in cat, "y" in cat, list(cat.additional_properties)) == (1, True, False, ["x"])
    cat["y"] = 2
    del cat["x"]
    assert cat.to_dict() == {"_id": "1", "type": "cat", "y": 2}
    assert cat == mini.models.Cat(id="1", additional_properties={"y": 2})
    assert attrs.evolve(cat, id="2").to_dict() == {"_id": "2", "type": "cat", "y": 2}


def test_repr_shows_the_set_fields_and_no_secret(mini: Any) -> None:
    owner = mini.models.Owner.from_dict({"name": "Ann", "token": "hush", "lock": {"secret": "hush"}, "x": 1})
    assert repr(owner) == "Owner(name='Ann', token=***, lock=Lock(secret=***), additional_properties={'x': 1})"
    assert "hush" not in repr(Response(200, b"hush", {"token": "hush"}, owner))
    assert owner.to_dict()["token"] == "hush"


def test_repr_shows_no_secret_of_plain_dicts(mini: Any) -> None:
    owner = mini.models.Owner.from_dict(
        {"name": "Ann", "raw": {"apiToken": "hush"}, "pets": [{"webhookSecret": "hush"}]}
    )
    assert (
        repr(owner)
        == "Owner(name='Ann', raw={'apiToken': ***}, additional_properties={'pets': [{'webhookSecret': ***}]})"
    )
    assert owner["pets"] == [{"webhookSecret": "hush"}]


def test_free_form_objects_are_plain_dicts(mini: Any) -> None:
    owner = mini.models.Owner(name="Ann", homes={"a": 1}, labels={"b": [None]}, raw={})
    wire = {"name": "Ann", "homes": {"a": 1}, "labels": {"b": [None]}, "raw": {}}
    assert owner.to_dict() == wire
    assert mini.models.Owner.from_dict(wire) == owner


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("place", {"city": "Rome"}, "Address"),
        ("place", {"lat": 1.5}, "Spot"),
        ("place", {"nothing": 1}, "Unset"),
        ("contact", None, "NoneType"),
        ("contact", {"city": "Rome"}, "Address"),
        ("contact", {}, "Unset"),
        ("anything", None, "NoneType"),
        ("anything", [{}], "list"),
        ("since", "2015-12-24T15:15:47.990Z", "str"),
        ("homes", [], "Unset"),
    ],
)
def test_a_union_without_a_tag_keeps_the_json(mini: Any, field: str, value: Any, kind: str) -> None:
    owner = mini.models.Owner.from_dict({"name": "Ann", field: value})
    assert type(getattr(owner, field)).__name__ == kind
    assert owner.to_dict() == {"name": "Ann", field: value}


def test_new_values_of_a_closed_set_are_kept(mini: Any) -> None:
    assert mini.models.Pet.from_dict({"_id": "1", "size": "giant"}).size == "giant"
    assert mini.models.Pet.__annotations__["size"] == "PetSize | str"
    assert mini.models.PetCreate.__annotations__["type_"] == "PetCreateType"


def test_models_may_hold_wire_forms(mini: Any) -> None:
    cat = mini.models.Cat(id="1", parents=[{"type": "cat"}, mini.models.Cat(id="2")])
    assert cat.to_dict()["parents"] == [{"type": "cat"}, {"_id": "2", "type": "cat"}]


def test_unions_are_types(mini: Any) -> None:
    assert isinstance(mini.models.Cat(id="1"), mini.models.Animal)
    assert mini.unions.read_animal({"type": "cat", "_id": "1"}) == mini.models.Cat(id="1")


@pytest.mark.parametrize("version", sorted(VERSIONS))
def test_bodies_have_a_dict_with_the_keys_that_they_have_on_the_wire(version: str) -> None:
    dicts = import_module(f"smooch_api.{version}.dicts")
    specification = Specification(VERSIONS[version])
    classes = {name for name in dicts.__all__ if is_typeddict(getattr(dicts, name))}
    assert {"v1": "MessagePost", "v2": "UserUpdate"}[version] in classes
    assert classes < specification.body_schemas().keys()
    for name in classes:
        assert getattr(dicts, name).__annotations__.keys() == specification.collect_properties(name).keys()


def test_keys_of_a_dict_need_not_be_names(mini: Any) -> None:
    assert mini.dicts.PetCreate.__annotations__.keys() == {"type", "size", "nick", "age", "default"}
    assert mini.dicts.PetCreate.__required_keys__ == set()
    assert mini.dicts.PetCreate.__doc__ == mini.models.PetCreate.__doc__ == "A new pet."


def test_schemas_of_bodies_are_exported(mini: Any) -> None:
    from mini_api.mini.schemas import SCHEMAS

    assert SCHEMAS.keys() == {"Labels", "PetCreate", "PhotoUpload", "ToyRename"}
    assert SCHEMAS["PetCreate"] == {
        "type": "object",
        "required": ["type"],
        "properties": {
            "type": {"type": "string", "enum": ["cat", "dog"]},
            "size": {"type": "string", "enum": ["small", "large"]},
            "nick": {"type": "string", "maxLength": 5},
            "age": {"type": "integer"},
            "default": {"type": "boolean"},
        },
        "anyOf": [{"required": ["nick"]}, {"required": ["age"]}],
        "allOf": [
            {"if": {"required": ["type"], "properties": {"type": {"const": "dog"}}}, "then": {"required": ["nick"]}}
        ],
    }


HARMLESS = {"token_type", "accessTokenUrl", "consumerKey", "accessTokenKey"}
"""Fields whose names sound like a secret, but are none."""
SECRET = re.compile("secret|token|password|passphrase|jwt|private|(?<![a-z])key|[a-z]Key$|authCode", re.IGNORECASE)
CODES = {"v1.LinkRequest", "v1.DeploymentConfirmCode", "v2.TokenRequest"}


@pytest.mark.parametrize("name", CLASSES)
def test_no_model_shows_a_secret(name: str) -> None:
    fields = CLASSES[name]._fields
    secret = {key for key, known in fields.by_key.items() if known.secret}
    sounds_secret = {key for key in fields.by_key if SECRET.search(key) and key not in HARMLESS}
    version, _, component = name.partition(".")
    declared = Specification(VERSIONS[version]).collect_properties(component)
    texts = {key for key in sounds_secret if "string" in str(declared[key].get("type"))}
    assert texts <= secret
    assert ("code" in secret) == (name in CODES)
    text = repr(
        CLASSES[name](**{known.name: "hush" for known in fields.by_key.values() if known.secret or known.required})
    )
    assert all(f"{fields.by_key[key].name}=***" in text for key in secret)


@pytest.mark.parametrize("name", CLASSES)
def test_every_model_has_a_docstring(name: str) -> None:
    documented = CLASSES[name].__dict__["__doc__"]
    assert documented
    assert documented != Model.__doc__
