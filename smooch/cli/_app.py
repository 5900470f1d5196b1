"""Define the commands: their arguments, and one call each."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from pathlib import Path  # noqa: TC003 - typer reads annotations
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from .. import errors
from ..errors import InvalidInput
from . import _output
from ._credentials import Credentials

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ._accounts import Account

app = typer.Typer(
    name="smooch",
    help="Everyday tasks on the Smooch API, and a local sandbox.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
token_app = typer.Typer(help="Sign and inspect tokens.", no_args_is_help=True)
users_app = typer.Typer(help="Get, create, update and delete users.", no_args_is_help=True)
webhooks_app = typer.Typer(help="List, ensure and delete webhooks.", no_args_is_help=True)
app.add_typer(token_app, name="token")
app.add_typer(users_app, name="users")
app.add_typer(webhooks_app, name="webhooks")

Json = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else on stdout.")]
UserId = Annotated[str, typer.Argument(metavar="USER", help="Your own id of the user, or the API's.")]
OwnUserId = Annotated[str, typer.Argument(metavar="USER", help="Your own id of the user.")]
GivenName = Annotated[str | None, typer.Option(help="First name.")]
Surname = Annotated[str | None, typer.Option(help="Last name.")]
Email = Annotated[str | None, typer.Option(help="E-mail address.")]
Metadata = Annotated[str | None, typer.Option("-d", "--metadata", help="JSON object with flat values.")]
Integration = Annotated[str, typer.Option("--integration", help="v2: id of the integration that owns the webhooks.")]


def run() -> None:
    """Run the command line and exit with its status."""
    try:
        app(prog_name="smooch")
    except (errors.SmoochError, OSError) as error:
        _output.print_note(f"smooch: {' '.join(str(error).split())}{_name_option(error)}")
        is_wrong_usage = isinstance(error, InvalidInput | OSError)
        sys.exit(2 if is_wrong_usage else 3 if isinstance(error, errors.ConnectionFailed) else 1)


def _name_option(error: Exception) -> str:
    """Return the option and the variable of the credential that is missing or invalid, else ""."""
    field = error.field if isinstance(error, InvalidInput) else ""
    if field not in ("key_id", "secret", "app_id", "base_url", "subdomain", "region"):
        return ""
    return f" (--{field.replace('_', '-')}, or SMOOCH_{field.upper()})"


@app.callback()
def connect_options(
    context: typer.Context,
    api: Annotated[
        Literal["v1", "v1.1", "v2"] | None, typer.Option(help="API version; else SMOOCH_API_VERSION, else v2.")
    ] = None,
    key_id: Annotated[str | None, typer.Option(help="Id of the key; else SMOOCH_KEY_ID.")] = None,
    secret: Annotated[
        str | None, typer.Option(help="Secret of the key; better SMOOCH_SECRET, which other users cannot see.")
    ] = None,
    app_id: Annotated[str | None, typer.Option(help="Id of the app; else SMOOCH_APP_ID.")] = None,
    base_url: Annotated[str | None, typer.Option(help="Server, such as a sandbox; else SMOOCH_BASE_URL.")] = None,
    subdomain: Annotated[str | None, typer.Option(help="v2: of the Zendesk account; else SMOOCH_SUBDOMAIN.")] = None,
    region: Annotated[Literal["us", "eu-1"] | None, typer.Option(help="Legacy platform; else SMOOCH_REGION.")] = None,
    env_file: Annotated[
        Path | None, typer.Option(help="Read SMOOCH_… from this .env file; it wins over the environment.")
    ] = None,
) -> None:
    """Everyday tasks on the Smooch API, and a local sandbox."""
    options = {
        "api_version": api,
        "key_id": key_id,
        "secret": secret,
        "app_id": app_id,
        "base_url": base_url,
        "subdomain": subdomain,
        "region": region,
    }
    context.obj = lambda: Credentials.read(options, env_file)


@contextmanager
def _open_account(context: typer.Context) -> Iterator[Account]:
    credentials: Credentials = context.obj()
    account = credentials.connect()
    with account.api:
        try:
            yield account
        except KeyboardInterrupt:
            _output.print_note("smooch: interrupted; look whether a change took effect before you repeat it")
            raise


# Users


@users_app.command("get")
def get_user(context: typer.Context, user: UserId, as_json: Json = False) -> None:
    """Show a user."""
    with _open_account(context) as account:
        _output.print_object(account.get_user(user), as_json=as_json)


@users_app.command("create")
def create_user(
    context: typer.Context,
    user: OwnUserId,
    given_name: GivenName = None,
    surname: Surname = None,
    email: Email = None,
    metadata: Metadata = None,
    as_json: Json = False,
) -> None:
    """Create a user with your own id."""
    profile = _build_profile(given_name, surname, email)
    with _open_account(context) as account:
        _output.print_object(account.create_user(user, profile, _parse_metadata(metadata)), as_json=as_json)


@users_app.command("update")
def update_user(
    context: typer.Context,
    user: UserId,
    given_name: GivenName = None,
    surname: Surname = None,
    email: Email = None,
    metadata: Metadata = None,
    as_json: Json = False,
) -> None:
    """Change a user; fields that you do not pass stay unchanged."""
    profile, values = _build_profile(given_name, surname, email), _parse_metadata(metadata)
    if not profile and not values:
        raise InvalidInput("nothing to change: pass --given-name, --surname, --email or --metadata", "user")
    with _open_account(context) as account:
        _output.print_object(account.update_user(user, profile, values), as_json=as_json)


@users_app.command("delete")
def delete_user(
    context: typer.Context, user: UserId, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False
) -> None:
    """Delete a user with all conversations."""
    if not yes:
        typer.confirm(f"Delete {user} with all conversations?", abort=True, err=True)
    with _open_account(context) as account:
        account.delete_user(user)
    _output.print_note(f"Deleted {user}.")


def _build_profile(given_name: str | None, surname: str | None, email: str | None) -> dict[str, Any]:
    named = {"givenName": given_name, "surname": surname, "email": email}
    return {name: value for name, value in named.items() if value is not None}


def _parse_metadata(text: str | None) -> dict[str, Any]:
    value = {} if text is None else _parse_json(text, "--metadata")
    if not isinstance(value, dict):
        raise InvalidInput(f"--metadata must be a JSON object, got {type(value).__name__}", "--metadata")
    return value


def _parse_json(text: str, option: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise InvalidInput(f"{option} must be JSON: {error}", option) from None


# Messages


@app.command()
def send(
    context: typer.Context,
    user: UserId,
    text: Annotated[str | None, typer.Argument(help="What to write.")] = None,
    as_business: Annotated[bool, typer.Option("--as-business", help="Write as the business, not as the user.")] = False,
    file: Annotated[Path | None, typer.Option(help="Upload and post this file.", exists=True, dir_okay=False)] = None,
    as_json: Json = False,
) -> None:
    """Post a text, a file, or both."""
    if text is None and file is None:
        raise InvalidInput("pass a text, --file, or both", "text")
    with _open_account(context) as account:
        if file is not None:
            _print_messages([account.send_file(user, file, as_business=as_business)], as_json=as_json)
        if text is not None:
            _print_messages([account.send_text(user, text, as_business=as_business)], as_json=as_json)


@app.command()
def messages(
    context: typer.Context,
    user: UserId,
    everything: Annotated[bool, typer.Option("--all", help="All messages, not only the newest 20.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")] = False,
) -> None:
    """Show a user's messages, oldest first."""
    with _open_account(context) as account:
        if everything:
            _print_messages((message for _, message in account.message_history(user, {})), as_json=as_json)
        else:
            _print_messages(account.latest_messages(user, 20), as_json=as_json)


def _print_messages(listed: Iterable[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        for message in listed:
            _output.print_json(message, on_one_line=True)
    else:
        _output.print_table(("time", "author", "content"), map(_output.format_message, listed))


@app.command()
def export(
    context: typer.Context,
    output: Annotated[Path, typer.Option("-o", "--output", help="JSON Lines file; an existing one is continued.")],
    user: Annotated[str | None, typer.Argument(metavar="[USER]", help="One user, in place of --all.")] = None,
    everyone: Annotated[
        bool, typer.Option("--all", help="Every user in --users or stdin: the API cannot list users.")
    ] = False,
    users: Annotated[Path | None, typer.Option(help="File with one user id per line, for --all.", exists=True)] = None,
) -> None:
    """Write all messages of users to a file; run it again to continue."""
    from . import _export

    if (user is None) != everyone:
        raise InvalidInput("pass a user, or --all with --users FILE", "user")
    chosen = _export.read_users(users) if user is None else [user]
    with _open_account(context) as account:
        written = _export.export(account, chosen, output)
    _output.print_note(f"{written} messages written to {output}.")


# Webhooks


@webhooks_app.command("list")
def list_webhooks(context: typer.Context, integration: Integration = "me", as_json: Json = False) -> None:
    """List the webhooks of the app (v1) or of an integration (v2); secrets are left out."""
    with _open_account(context) as account:
        hooks = [_drop_secret(hook) for hook in account.list_webhooks(integration)]
    if as_json:
        _output.print_json(hooks)
    else:
        _output.print_table(
            ("id", "target", "triggers"),
            [(hook.get("id") or hook.get("_id"), hook["target"], hook["triggers"]) for hook in hooks],
        )


@webhooks_app.command("ensure")
def ensure_webhook(
    context: typer.Context,
    target: Annotated[str, typer.Argument(help="https address of the bot.")],
    triggers: Annotated[list[str], typer.Argument(help="Such as conversation:message.")],
    integration: Integration = "me",
    show_secret: Annotated[bool, typer.Option("--show-secret", help="Print the secret too.")] = False,
    as_json: Json = False,
) -> None:
    """Ensure that one webhook delivers these triggers to a target."""
    with _open_account(context) as account:
        hook = account.ensure_webhook(target, triggers, integration)
    _output.print_object(hook if show_secret else _drop_secret(hook), as_json=as_json)


@webhooks_app.command("delete")
def delete_webhook(
    context: typer.Context,
    webhook: Annotated[str, typer.Argument(metavar="ID", help="Id of the webhook, as `list` shows it.")],
    integration: Integration = "me",
) -> None:
    """Delete a webhook."""
    with _open_account(context) as account:
        account.delete_webhook(webhook, integration)
    _output.print_note(f"Deleted {webhook}.")


def _drop_secret(hook: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in hook.items() if name != "secret"}


@app.command()
def listen(
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    forward: Annotated[str | None, typer.Option(metavar="URL", help="Hand each delivery on to this address.")] = None,
    secret: Annotated[
        str | None,
        typer.Option(
            help="Secret of the webhook; else SMOOCH_WEBHOOK_SECRET.", envvar="SMOOCH_WEBHOOK_SECRET", show_envvar=False
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one delivery per line.")] = False,
) -> None:
    """Receive deliveries on 127.0.0.1, verify and print them."""
    from . import _listen

    _listen.listen(port, secret, forward, as_json=as_json)


# Tokens


@token_app.command("app")
def app_token(context: typer.Context, expires_in: Annotated[int, typer.Option(min=1, help="Seconds.")] = 3600) -> None:
    """Sign a token that acts for the app or account."""
    from .. import auth

    credentials: Credentials = context.obj()
    key_id, secret = credentials.require_key()
    scope = "account" if key_id.startswith(("act_", "svc_")) else "integration" if key_id.startswith("int_") else "app"
    sys.stdout.write(auth.app_token(key_id, secret, scope=scope, expires_in=expires_in) + "\n")


@token_app.command("user")
def user_token(
    context: typer.Context,
    user: OwnUserId,
    expires_in: Annotated[int, typer.Option(min=1, help="Seconds.")] = 3600,
    name: Annotated[str | None, typer.Option(help="v2: name of the user.")] = None,
    email: Annotated[str | None, typer.Option(help="v2: address of the user.")] = None,
) -> None:
    """Sign a token with which a user logs in to the chat."""
    credentials: Credentials = context.obj()
    key_id, secret = credentials.require_key()
    if credentials.version == "v2":
        from ..v2 import jwt_for_user

        token = jwt_for_user(key_id, secret, user, name=name, email=email, expires_in=expires_in)
    else:
        from .. import auth

        token = auth.user_token(key_id, secret, user, expires_in=expires_in)
    sys.stdout.write(token + "\n")


@token_app.command("inspect")
def inspect_token(
    context: typer.Context,
    token: Annotated[str | None, typer.Argument(help="A user's token of v2; else it is read from stdin.")] = None,
    as_json: Json = False,
) -> None:
    """Show why the platform would refuse a user's token; exit status 1 if it would."""
    from ..v2 import inspect_user_jwt

    token = token or sys.stdin.read().strip()
    findings = inspect_user_jwt(token, context.obj().get("secret"))
    if as_json:
        _output.print_json([{"claim": finding.claim, "problem": finding.problem} for finding in findings])
    elif findings:
        _output.print_table(("where", "problem"), [(finding.claim, finding.problem) for finding in findings])
    else:
        _output.print_note("Nothing is wrong with this token.")
    raise typer.Exit(1 if findings else 0)


# Anything else


@app.command()
def call(
    context: typer.Context,
    method: Annotated[str, typer.Argument(help="GET, POST, PUT, PATCH or DELETE.")],
    path: Annotated[str, typer.Argument(help="/v2/apps/{appId}/… with your app for `{appId}`; on v1 such as /menu.")],
    data: Annotated[str | None, typer.Option("-d", "--data", help="JSON body; `-` reads stdin.")] = None,
) -> None:
    """Call any path of the API and print the response."""
    if method.upper() not in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
        raise InvalidInput(f"METHOD must be GET, HEAD, POST, PUT, PATCH or DELETE, got {method!r}", "method")
    body = None if data is None else _parse_json(sys.stdin.read() if data == "-" else data, "--data")
    credentials: Credentials = context.obj()
    app_id = credentials.get("app_id") or ""
    with _open_account(context) as account:
        client = account.api.raw.get_httpx_client()
        response = client.request(method.upper(), path.replace("{appId}", app_id), json=body)
    if "json" in response.headers.get("content-type", ""):
        _output.print_json(response.json())
    else:
        sys.stdout.write(response.text)


@app.command()
def doctor(context: typer.Context, integration: Integration = "me", as_json: Json = False) -> None:
    """Check key, server, clock, webhook targets and limits; exit status 1 if something is wrong."""
    from . import _doctor

    credentials: Credentials = context.obj()
    with _open_account(context) as account:
        findings = list(_doctor.run_checks(credentials, account, integration))
    if as_json:
        _output.print_json([finding._asdict() for finding in findings])
    else:
        _output.print_table(
            ("check", "", "found", "what to do"),
            [
                (finding.check, finding.state, finding.detail, "" if finding.state == "ok" else finding.remedy)
                for finding in findings
            ],
        )
    raise typer.Exit(1 if any(finding.state == "wrong" for finding in findings) else 0)


# The sandbox


Port = Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free port.")]
Open = Annotated[bool, typer.Option("--open", help="Open the console in the browser.")]


@app.command()
def sandbox(
    port: Port = 0,
    state: Annotated[
        Path | None, typer.Option(help="Keep the state in this SQLite file, until the next start.")
    ] = None,
    open_: Open = False,
) -> None:
    """Run a local Smooch server, with a console in the browser, until Ctrl-C."""
    from ..sandbox.__main__ import main

    arguments = ["--port", str(port), *(["--open"] if open_ else []), *(["--state", str(state)] if state else [])]
    raise typer.Exit(main(arguments))


@app.command()
def demo(port: Port = 0, open_: Open = False) -> None:
    """Run a sandbox and a small bot, to try the console, until Ctrl-C."""
    from . import _demo

    _demo.run(port, open_browser=open_)


@app.command()
def replay(
    context: typer.Context,
    transcript: Annotated[
        Path, typer.Argument(help="JSON Lines, as the sandbox writes them.", exists=True, dir_okay=False)
    ],
    bot: Annotated[str, typer.Option(help="Target of the bot's webhook, such as http://127.0.0.1:8000/.")],
    quiet: Annotated[float, typer.Option(help="Seconds without an answer that end the bot's turn.")] = 0.3,
    timeout: Annotated[float, typer.Option(help="Seconds to wait for the answers to one line.")] = 10.0,
    update: Annotated[
        bool, typer.Option("--update", help="Accept the differences: write them to the transcript.")
    ] = False,
) -> None:
    """Send the user's messages of a transcript to a bot; exit status 1 if its answers differ.

    The bot must be connected to a running sandbox, the one of --base-url or SMOOCH_BASE_URL.
    """
    from . import _replay

    credentials: Credentials = context.obj()
    result = _replay.replay(credentials, transcript, bot, quiet=quiet, timeout=timeout)
    if not result.diff:
        _output.print_note(f"{transcript}: no differences.")
        return
    sys.stdout.write(result.diff + "\n")
    if update:
        result.save(transcript)
        _output.print_note(f"{transcript}: updated.")
    raise typer.Exit(0 if update else 1)
