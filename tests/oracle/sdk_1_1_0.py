"""Calls the fake IONOS API with IONOS's SDK, with validation.

usage: sdk_1_1_0.py URL TOKEN USER PASSWORD

The fake must have no tokens and five registries, of which "fresh" is still New
and two have "team" in their name. The SDK refuses every answer without a required
field, with a null that is not allowed, or with a value that violates a pattern or
an enumeration of the specification.
"""

import datetime
import json
import re
import sys

import ionoscloud_container_registry as sdk
import urllib3

URL, TOKEN, USER, PASSWORD = sys.argv[1:5]
BASE = URL + "/containerregistries"
UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")

# Every model creates its own Configuration, so a flag on one instance would check nothing.
_original = sdk.Configuration.__init__
_validate = True


def _strict(self, *args, **kwargs):
    _original(self, *args, **kwargs)
    self.client_side_validation = _validate
    # The SDK waits a hundred seconds before it repeats a request after a 503.
    self.max_retries = 1


sdk.Configuration.__init__ = _strict

checks = 0


def check(what, condition, seen=None):
    global checks
    if not condition:
        sys.exit(f"FAILED {what}: {seen!r}")
    checks += 1
    print(f"ok {what}")


def refused(what, status, call, text=""):
    """Checks that the call fails with this status and a body of the documented shape."""
    try:
        call()
    except sdk.ApiException as error:
        body = json.loads(error.body)
        check(
            what,
            error.status == status
            and body["httpStatus"] == status
            and all(
                isinstance(m["errorCode"], str) and isinstance(m["message"], str)
                for m in body["messages"]
            )
            and text in body["messages"][0]["message"],
            (error.status, error.body),
        )
    else:
        sys.exit(f"FAILED {what}: not refused")


def client(**kwargs):
    return sdk.ApiClient(sdk.Configuration(host=BASE, **kwargs))


def now():
    return datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)


api = client(token=TOKEN)
registries = sdk.RegistriesApi(api)
tokens = sdk.TokensApi(api)

# Check that the SDK validates at all.
try:
    sdk.PostTokenProperties(name="1bad")
except ValueError as error:
    check("the SDK validates", "pattern" in str(error), error)
else:
    sys.exit("FAILED the SDK does not validate")

# --- locations and registries

locations = sdk.LocationsApi(api).locations_get()
check("locations", "de/fra" in [item.id for item in locations.items], locations)

seen, pages, token = [], [], None
while token != "":
    extra = {"pagination_token": token} if token else {}
    page = registries.registries_get(limit="2", **extra)
    pages.append(len(page.items))
    seen += [item.properties.name for item in page.items]
    check(f"page {len(pages)} tells its limit", page.pagination.limit == 2, page)
    check(
        f"page {len(pages)} links on if there is more",
        bool(page.links.next) == bool(page.pagination.token),
        page.links,
    )
    token = page.pagination.token
    if len(pages) > 5:
        sys.exit("FAILED paging does not end")
check("paging gives all, once", pages == [2, 2, 1] and len(set(seen)) == 5, (pages, seen))

every = registries.registries_get()
check("one big page", len(every.items) == 5 and every.pagination.token == "", every)
check("the default limit", every.pagination.limit == 100, every.pagination)

found = registries.registries_get(filter_name="TEAM")
check(
    "the filter is a part of the name in any case",
    sorted(item.properties.name for item in found.items) == ["team-a", "team-b"],
    found,
)
none = registries.registries_get(filter_name="nobody")
check("a filter without hits is an empty list", none.items == [], none)

demo = next(item for item in every.items if item.properties.name == "demo")
check("ids are UUIDs", all(UUID.fullmatch(item.id) for item in every.items), every)
check("hostname", demo.properties.hostname == "demo.cr.de-fra.ionos.com", demo)
check("state", demo.metadata.state == "Running", demo.metadata)
check("href is empty", demo.href == "", demo.href)
check("created is a date", isinstance(demo.metadata.created_date, datetime.datetime), demo)
check("never modified", demo.metadata.last_modified_date is None, demo.metadata)
fresh = next(item for item in every.items if item.properties.name == "fresh")
check("a new registry has an empty hostname", fresh.properties.hostname == "", fresh)
check("a new registry says so", fresh.metadata.state == "New", fresh.metadata)

one = registries.registries_find_by_id(demo.id)
check("one registry is the one of the list", one.to_dict() == demo.to_dict(), one)
absent = "00000000-0000-4000-8000-000000000000"
refused("an unknown registry", 404, lambda: registries.registries_find_by_id(absent))
refused(
    "a made-up page token",
    400,
    lambda: registries.registries_get(pagination_token="bm9uc2Vuc2U"),
)

# --- tokens


def wanted(name, **kwargs):
    return sdk.PostTokenInput(properties=sdk.PostTokenProperties(name=name, **kwargs))


def make(name, **kwargs):
    return tokens.registries_tokens_post_with_http_info(demo.id, wanted(name, **kwargs))


expiry = now() + datetime.timedelta(hours=13)
scope = sdk.Scope(type="repository", name="*", actions=["pull", "push"])
made, status, headers = make("push-token", expiry_date=expiry, scopes=[scope])
check("create answers 201", status == 201, status)
check("create tells where", headers["Location"].endswith("/tokens/" + made.id), headers)
check(
    "the date is an HTTP date",
    re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", headers["Date"]),
    headers["Date"],
)
check("the user is the token's name", made.properties.credentials.username == "push-token", made)
password = made.properties.credentials.password
check("the password is there once", len(password) > 30, password)
check("expiry is the one sent", made.properties.expiry_date == expiry, made.properties)
check("enabled unless asked otherwise", made.properties.status == "enabled", made.properties)
check("a token's state is its status", made.metadata.state == "enabled", made.metadata)
check(
    "scopes come back",
    [s.to_dict() for s in made.properties.scopes] == [scope.to_dict()],
    made.properties.scopes,
)

read = tokens.registries_tokens_find_by_id(demo.id, made.id)
check("reading hides the password", read.properties.credentials.password == "", read)
check("reading keeps the user", read.properties.credentials.username == "push-token", read)
check("reading keeps the expiry", read.properties.expiry_date == expiry, read)

bare, _, _ = make("Bare")
check("only a name is needed", bare.properties.expiry_date is None, bare)
check("no scopes unless asked", not bare.properties.scopes, bare.properties)
check("passwords differ", bare.properties.credentials.password != password, bare)
off, _, _ = make("off", status="disabled", scopes=[sdk.Scope(type="repo", name="a/*", actions=["*"])])
check("a token can be made disabled", off.properties.status == "disabled", off)
check("any scope type is taken", off.properties.scopes[0].type == "repo", off)

first = tokens.registries_tokens_get(demo.id, limit="2")
check(
    "a page of tokens counts",
    (first.count, first.total, first.offset, first.limit) == (2, 3, 0, 2)
    and len(first.items) == 2,
    first,
)
rest = tokens.registries_tokens_get(demo.id, limit="2", offset="2")
check("the next offset", (rest.count, rest.total, rest.offset) == (1, 3, 2), rest)
check(
    "both pages hold all tokens without passwords",
    [t.properties.name for t in first.items + rest.items] == ["push-token", "Bare", "off"]
    and all(t.properties.credentials.password == "" for t in first.items + rest.items),
    (first, rest),
)
beyond = tokens.registries_tokens_get(demo.id, offset="9")
check("an offset beyond the end", beyond.items == [] and beyond.total == 3, beyond)

refused("the same name twice", 409, lambda: make("push-token"), "already exists: name is not available")
elsewhere = next(item for item in every.items if item.properties.name == "team-a")
other = tokens.registries_tokens_post(elsewhere.id, wanted("push-token"))
check("the same name in another registry", other.properties.name == "push-token", other)
soon = now() + datetime.timedelta(minutes=59)
refused("an expiry within the hour", 400, lambda: make("soon", expiry_date=soon), "one hour")
past = now() - datetime.timedelta(days=1)
refused("an expiry in the past", 400, lambda: make("past", expiry_date=past), "one hour")

later = expiry + datetime.timedelta(hours=1)
patched = tokens.registries_tokens_patch(
    demo.id, made.id, sdk.PatchTokenInput(status="disabled", expiry_date=later)
)
check(
    "a patch changes what it names",
    (patched.properties.status, patched.properties.expiry_date) == ("disabled", later),
    patched,
)
check("a patch keeps the rest", len(patched.properties.scopes) == 1, patched)
check("a patch shows no password", patched.properties.credentials.password == "", patched)

_, status, _ = tokens.registries_tokens_delete_with_http_info(demo.id, made.id)
check("delete answers 204", status == 204, status)
refused("deleting again", 404, lambda: tokens.registries_tokens_delete(demo.id, made.id))
refused("reading what is gone", 404, lambda: tokens.registries_tokens_find_by_id(demo.id, made.id))
check("a freed name can be had again", make("push-token")[1] == 201)

# --- requests that the SDK refuses to send

_validate = False
loose = sdk.TokensApi(client(token=TOKEN))
for bad in ["x", "1abc", "ab_c", "ab-", "a" * 64, ""]:
    body = {"properties": {"name": bad}}
    refused(f"the name {bad!r}", 400, lambda: loose.registries_tokens_post(demo.id, body))
for good in ["ab", "A" * 63, "a--1"]:
    body = {"properties": {"name": good}}
    check(f"the name {good!r}", loose.registries_tokens_post(demo.id, body).properties.name == good)
for name, properties in {
    "no name": {},
    "no actions": {"name": "s1", "scopes": [{"type": "repository", "name": "*"}]},
    "no scope type": {"name": "s2", "scopes": [{"name": "*", "actions": ["pull"]}]},
    "no scope name": {"name": "s3", "scopes": [{"type": "repository", "actions": ["pull"]}]},
    "an unknown status": {"name": "s4", "status": "paused"},
    "an expiry that is no date": {"name": "s5", "expiryDate": "tomorrow"},
    "an expiry without a zone": {"name": "s6", "expiryDate": "2090-01-01T00:00:00"},
}.items():
    body = {"properties": properties}
    refused(name, 400, lambda: loose.registries_tokens_post(demo.id, body))
refused("no properties", 400, lambda: loose.registries_tokens_post(demo.id, {}))
refused("an id that is no UUID", 400, lambda: loose.registries_tokens_get("demo"))
_validate = True

# --- accounts

basic = sdk.RegistriesApi(client(username=USER, password=PASSWORD))
check("Basic", len(basic.registries_get().items) == 5)
for who, strange in {
    "a wrong token": client(token="wrong"),
    "a wrong password": client(username=USER, password="wrong"),
    "nobody": client(),
}.items():
    refused(
        who,
        401,
        lambda: sdk.RegistriesApi(strange).registries_get(),
        "Unauthorized, wrong or no api key",
    )

# --- requests without the SDK

http = urllib3.PoolManager(retries=False)
auth = {"Authorization": f"Bearer {TOKEN}"}


def raw(method, path, body=None, content_type="application/json"):
    headers = auth | ({"Content-Type": content_type} if body is not None else {})
    return http.request(method, URL + path, body=body, headers=headers)


answer = raw("GET", "/containerregistries/registries?depth=1&unknown=x&limit=5")
check("unknown parameters are ignored", answer.status == 200, answer.status)
item = answer.json()["items"][0]
check("what was never modified is left out", not [k for k in item["metadata"] if k.startswith("last")], item)
path = f"/containerregistries/registries/{demo.id}/tokens"
answer = raw("POST", path, b'{"properties":')
check("a body that is not JSON", answer.status == 400, answer.status)
answer = raw("POST", path, b'{"properties":{"name":"plain"}}', "text/plain")
check("a body of another type", answer.status == 400, answer.status)
for path in ["/registries", "//containerregistries/registries", "/cloudapi/v6"]:
    answer = raw("GET", path)
    check(f"no such path {path}", (answer.status, answer.json()) == (404, {"msg": "Not Found"}))

print(f"ok {checks} checks")
