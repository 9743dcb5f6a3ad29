"""The pages: the dashboard at / and the reference at /docs, each without data and without a host but this one."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles

from serve.measures import measures_script
from trading.errors import UnavailableError

DASHBOARD = Path(__file__).parent / "dashboard"


def swagger_assets() -> Path:
    """The folder of Swagger UI's script and style, which the package fastapi-offline brings.

    Raises:
        UnavailableError: the package isn't installed, or holds something else than it should.
    """
    spec = find_spec("fastapi_offline")
    folder = Path(spec.origin).parent / "static" if spec and spec.origin else None
    if folder is None or not (folder / "swagger-ui-bundle.js").is_file():
        raise UnavailableError(
            "The package fastapi-offline, which brings the files of /docs, is missing or damaged. Nothing was started. "
            "Run: pip install --force-reinstall fastapi-offline"
        )
    return folder


def add_pages(app: FastAPI) -> None:
    """`app` serves the dashboard, the reference and their files."""

    @app.get("/", include_in_schema=False)
    async def dashboard() -> FileResponse:
        return FileResponse(DASHBOARD / "index.html", media_type="text/html")

    @app.get("/docs", include_in_schema=False)
    async def reference() -> FileResponse:
        return FileResponse(DASHBOARD / "docs.html", media_type="text/html")

    @app.get("/static/measures.js", include_in_schema=False)
    async def measures() -> Response:
        return Response(measures_script(), media_type="text/javascript")

    app.mount("/docs/static", StaticFiles(directory=swagger_assets()), name="reference files")
    app.mount("/static", StaticFiles(directory=DASHBOARD / "static"), name="dashboard files")
