"""Puts the console together, beside the API that it asks."""

from fastapi import FastAPI, Request
from starlette.responses import Response

from cloud.console import alarms, assets, duty, early_warning, loudspeakers, modules, pages, queue, sign_in
from cloud.console.ask import Api, Refusal
from cloud.console.shell import Shell, find_language


def mount_console(app: FastAPI, *, simulated: bool, tiles: str = "") -> None:
    """Add the console's pages to an application.

    Args:
        app: of the API, with everything that the pages ask.
        simulated: whether pages say that what they show is simulated.
        tiles: address of map tiles with {z}, {x} and {y}; empty: the map is drawn from our own roads alone.
    """
    shell = Shell(Api(app, find_language), simulated=simulated, tiles=tiles)
    app.state.shell = shell
    for router in (
        assets.router,
        sign_in.router,
        pages.router,
        queue.router,
        alarms.router,
        duty.router,
        early_warning.router,
        loudspeakers.router,
        modules.router,
    ):
        app.include_router(router)

    @app.exception_handler(Refusal)
    async def tell(request: Request, refusal: Refusal) -> Response:
        return await shell.refuse(request, refusal)
