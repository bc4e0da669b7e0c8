"""Every route with its class, in one place. A route that is not here does not exist; one without a class cannot."""

from __future__ import annotations

from daemon.api import static
from daemon.api.endpoint import Route
from daemon.api.handlers import (
    alike,
    assets,
    blobs,
    care,
    conflicts,
    history,
    imports,
    projects,
    push,
    session,
    system,
    tasks,
    texts,
    watched,
    workspaces,
)
from daemon.api.handlers.collected import albums, parcels, presets, prompts, searches
from daemon.api.handlers.devices import copies, devices, doctor, pairing, peers, stopped
from daemon.api.handlers.making import asking, drafts, jobs, orders, providers, spending
from daemon.api.handlers.people import members, quarantine, recovery
from daemon.api.handlers.push import STREAM
from daemon.api.inputs import SELECTION_BYTES
from daemon.metrics import CONTENT_TYPE

A = "/api/v1"
W = A + "/w/{workspace}"
PICTURES = (
    "image/png",
    "image/jpeg",
    "image/webp",
    "image/avif",
    "image/gif",
    "image/tiff",
    "application/json",
    "application/octet-stream",
)

ROUTES: tuple[Route, ...] = (
    Route("GET", "/health", "public", system.health),
    Route("GET", "/metrics", "api-read", system.metrics, produces=(CONTENT_TYPE.partition(";")[0],)),
    Route("GET", "/openapi.json", "api-read", system.description),
    Route("GET", "/{rest...}", "page", static.serve, produces=("text/html",), refusals=(404,)),
    # letting in
    Route("GET", A + "/proof", "public", session.proof),
    Route("POST", A + "/session", "login", session.begin),
    Route("DELETE", A + "/session", "api-write", session.end, status=204),
    Route("POST", A + "/launch", "api-write", session.launch),
    # the daemon
    Route("GET", A + "/status", "api-read", system.status, refusals=(404, 409)),
    Route("GET", A + "/events", "events", push.stream, produces=(STREAM,)),
    Route("GET", A + "/settings", "api-read", system.preferences),
    Route("PATCH", A + "/settings", "api-write", system.prefer),
    Route("POST", A + "/offline", "api-write", system.offline),
    Route("GET", A + "/doctor", "api-read", system.doctor),
    Route("POST", A + "/stop", "api-write", system.stop, status=204),
    Route("GET", A + "/tasks", "api-read", tasks.index),
    Route("GET", A + "/tasks/{id}", "api-read", tasks.show),
    Route("DELETE", A + "/tasks/{id}", "api-write", tasks.cancel),
    # workspaces
    Route("GET", A + "/workspaces", "api-read", workspaces.index),
    Route("POST", A + "/workspaces", "api-write", workspaces.create, status=201),
    Route("PATCH", A + "/workspaces/{id}", "api-write", workspaces.edit),
    Route("POST", A + "/restore", "api-write", care.restore, status=202),
    # other devices
    Route("GET", A + "/peers", "api-read", peers.index),
    Route("POST", A + "/peers", "api-write", peers.add, status=201),
    Route("PATCH", A + "/peers", "api-write", peers.change),
    Route("DELETE", A + "/peers/{address}", "api-write", peers.remove),
    Route("POST", A + "/pair", "api-write", pairing.join, refusals=(404, 409)),
    Route("GET", W + "/devices", "api-read", devices.index),
    Route("PATCH", W + "/devices/{id}", "api-write", devices.edit),
    Route("DELETE", W + "/devices/{id}", "api-write", devices.revoke),
    Route("GET", W + "/devices/{id}/only", "api-read", devices.only_there),
    Route("POST", W + "/pairing", "api-write", pairing.begin, status=201, refusals=(409, 503)),
    Route("GET", W + "/pairing", "api-read", pairing.show),
    Route("DELETE", W + "/pairing", "api-write", pairing.end, status=204),
    # pictures
    Route("GET", W + "/assets", "api-read", assets.search),
    Route("GET", W + "/assets/ids", "api-read", assets.ids),
    Route("GET", W + "/assets/some", "api-read", assets.some),
    Route("GET", W + "/facets", "api-read", assets.facets),
    Route("GET", W + "/months", "api-read", assets.months),
    Route("GET", W + "/assets/{id}", "api-read", assets.show),
    Route("PATCH", W + "/assets/{id}", "api-write", assets.edit),
    Route("POST", W + "/assets/edit", "api-write", assets.edit_many, limit=SELECTION_BYTES),
    Route("POST", W + "/assets/bin", "api-write", assets.bin, limit=SELECTION_BYTES),
    Route("POST", W + "/assets/unbin", "api-write", assets.unbin, limit=SELECTION_BYTES),
    Route("GET", W + "/bin", "api-read", assets.binned),
    Route("GET", W + "/assets/{id}/history", "api-read", history.of_asset),
    Route("POST", W + "/assets/{id}/restore", "api-write", assets.restore),
    Route("GET", W + "/blobs/{sha256}", "api-read", blobs.show, produces=PICTURES, also=(206, 304), refusals=(416,)),
    Route("GET", W + "/alike", "api-read", alike.index),
    Route("POST", W + "/alike/same", "api-write", alike.same, limit=SELECTION_BYTES),
    Route("POST", W + "/alike/other", "api-write", alike.other, limit=SELECTION_BYTES),
    Route("POST", W + "/assets/{id}/apart", "api-write", alike.apart),
    Route("GET", W + "/conflicts", "api-read", conflicts.index),
    Route("POST", W + "/conflicts/resolve", "api-write", conflicts.resolve),
    # texts that several write at once
    Route("POST", W + "/texts", "api-write", texts.write),
    # copies
    Route("GET", W + "/assets/{id}/copies", "api-read", copies.show),
    Route("GET", W + "/copies/policy", "api-read", copies.policies),
    Route("PUT", W + "/copies/policy", "api-write", copies.set_policy),
    Route("GET", W + "/copies/incoming", "api-read", copies.incoming),
    Route("POST", W + "/copies/want", "api-write", copies.want),
    Route("POST", W + "/copies/pin", "api-write", copies.pin, limit=SELECTION_BYTES),
    Route("POST", W + "/copies/unpin", "api-write", copies.unpin, limit=SELECTION_BYTES),
    Route("POST", W + "/copies/evict", "api-write", copies.evict, status=202, limit=SELECTION_BYTES),
    # history
    Route("GET", W + "/timeline", "api-read", history.timeline),
    Route("POST", W + "/undo", "api-write", history.undo),
    Route("POST", W + "/redo", "api-write", history.redo),
    Route("GET", W + "/checkpoints", "api-read", history.checkpoints),
    Route("POST", W + "/checkpoints", "api-write", history.check, status=201),
    # other devices
    Route("GET", W + "/stopped", "api-read", stopped.index),
    Route("POST", W + "/stopped", "api-write", stopped.decide),
    Route("GET", W + "/peers/doctor", "api-read", doctor.compare),
    # coming in
    Route("POST", W + "/imports", "api-write", imports.begin, status=202),
    Route("POST", W + "/uploads", "upload", imports.upload),
    Route("GET", W + "/watched", "api-read", watched.index),
    Route("POST", W + "/watched", "api-write", watched.add, status=201),
    Route("DELETE", W + "/watched/{id}", "api-write", watched.remove, status=204),
    # projects
    Route("GET", W + "/projects", "api-read", projects.index),
    Route("POST", W + "/projects", "api-write", projects.create, status=201),
    Route("GET", W + "/projects/{id}", "api-read", projects.show),
    Route("PATCH", W + "/projects/{id}", "api-write", projects.edit),
    Route("POST", W + "/projects/{id}/duplicate", "api-write", projects.duplicate, status=201),
    Route("GET", W + "/projects/{id}/history", "api-read", projects.history),
    Route("GET", W + "/projects/{id}/at", "api-read", projects.at),
    Route("POST", W + "/projects/{id}/restore", "api-write", projects.restore),
    # saved searches
    Route("GET", W + "/searches", "api-read", searches.index),
    Route("POST", W + "/searches", "api-write", searches.create, status=201),
    Route("GET", W + "/searches/{id}", "api-read", searches.show),
    Route("PATCH", W + "/searches/{id}", "api-write", searches.edit),
    Route("DELETE", W + "/searches/{id}", "api-write", searches.delete),
    Route("GET", W + "/searches/{id}/assets", "api-read", searches.found),
    Route("GET", W + "/searches/{id}/history", "api-read", searches.history),
    # albums
    Route("GET", W + "/albums", "api-read", albums.index),
    Route("POST", W + "/albums", "api-write", albums.create, status=201),
    Route("GET", W + "/albums/{id}", "api-read", albums.show),
    Route("PATCH", W + "/albums/{id}", "api-write", albums.edit),
    Route("DELETE", W + "/albums/{id}", "api-write", albums.delete),
    Route("GET", W + "/albums/{id}/assets", "api-read", albums.pictures),
    Route("POST", W + "/albums/{id}/add", "api-write", albums.add, limit=SELECTION_BYTES),
    Route("POST", W + "/albums/{id}/remove", "api-write", albums.remove, limit=SELECTION_BYTES),
    Route("POST", W + "/albums/{id}/move", "api-write", albums.move, limit=SELECTION_BYTES),
    Route("GET", W + "/albums/{id}/history", "api-read", albums.history),
    # saved prompts
    Route("GET", W + "/prompts", "api-read", prompts.index),
    Route("POST", W + "/prompts", "api-write", prompts.create, status=201),
    Route("GET", W + "/prompts/{id}", "api-read", prompts.show),
    Route("PATCH", W + "/prompts/{id}", "api-write", prompts.edit),
    Route("DELETE", W + "/prompts/{id}", "api-write", prompts.delete),
    Route("POST", W + "/prompts/{id}/duplicate", "api-write", prompts.duplicate, status=201),
    Route("GET", W + "/prompts/{id}/history", "api-read", prompts.history),
    # export presets
    Route("GET", W + "/presets", "api-read", presets.index),
    Route("POST", W + "/presets", "api-write", presets.create, status=201),
    Route("POST", W + "/presets/try", "api-write", presets.attempt),
    Route("GET", W + "/presets/{id}", "api-read", presets.show),
    Route("PATCH", W + "/presets/{id}", "api-write", presets.edit),
    Route("DELETE", W + "/presets/{id}", "api-write", presets.delete),
    Route("POST", W + "/parcels", "api-write", parcels.pack, status=202, limit=SELECTION_BYTES),
    Route(
        "GET", W + "/parcels/{id}", "api-read", parcels.show, produces=(parcels.ZIP,), also=(206, 304), refusals=(416,)
    ),
    Route("DELETE", W + "/parcels/{id}", "api-write", parcels.discard, status=204),
    # making pictures
    Route("GET", W + "/drafts", "api-read", drafts.index),
    Route("PUT", W + "/drafts/{tab}", "api-write", drafts.put, status=204, limit=drafts.BODY_BYTES),
    Route("GET", A + "/providers", "api-read", providers.index),
    Route("POST", A + "/providers/{name}/check", "api-write", providers.check),
    Route("POST", W + "/estimate", "api-write", orders.estimate, limit=orders.BODY_BYTES),
    Route("POST", W + "/jobs", "api-write", orders.begin, status=202, limit=orders.BODY_BYTES),
    Route("GET", W + "/jobs", "api-read", jobs.index),
    Route("GET", W + "/jobs/{id}", "api-read", jobs.show),
    Route("GET", W + "/batches", "api-read", jobs.batches),
    Route("GET", W + "/batches/{id}", "api-read", jobs.batch),
    Route("GET", W + "/spend", "api-read", spending.spend),
    Route("POST", W + "/jobs/cancel", "api-write", jobs.cancel, limit=SELECTION_BYTES),
    Route("POST", W + "/jobs/retry/estimate", "api-write", jobs.estimate_retry, limit=SELECTION_BYTES),
    Route("POST", W + "/jobs/retry", "api-write", jobs.retry, limit=SELECTION_BYTES),
    Route("POST", W + "/jobs/pause", "api-write", jobs.pause),
    Route("POST", W + "/jobs/{id}/move", "api-write", jobs.move),
    Route("POST", W + "/jobs/{id}/resolve", "api-write", jobs.resolve),
    # words
    Route("POST", W + "/ask", "api-write", asking.ask, refusals=(502,)),
    Route("POST", W + "/ask/estimate", "api-write", asking.estimate, refusals=(502,)),
    Route("POST", W + "/ask/stream", "api-write", asking.stream, produces=(asking.LINES,), refusals=(502,)),
    Route("GET", W + "/calls", "api-read", asking.calls),
    Route("POST", W + "/calls/{id}/resolve", "api-write", asking.resolve),
    # people
    Route("GET", W + "/members", "api-read", members.index),
    Route("GET", W + "/members/{id}", "api-read", members.show),
    Route("PATCH", W + "/members/{id}", "api-write", members.edit),
    Route("DELETE", W + "/members/{id}", "api-write", members.remove),
    Route("GET", W + "/invitations", "api-read", members.invitations),
    Route("POST", W + "/invitations", "api-write", members.invite, status=201),
    Route("DELETE", W + "/invitations/{id}", "api-write", members.withdraw, status=204),
    Route("GET", W + "/recovery", "api-read", recovery.index),
    Route("POST", W + "/recovery", "api-write", recovery.make, status=201),
    Route("POST", W + "/recovery/check", "api-write", recovery.check),
    Route("POST", W + "/recovery/use", "api-write", recovery.use),
    Route("GET", W + "/quarantine", "api-read", quarantine.index),
    Route("POST", W + "/quarantine", "api-write", quarantine.decide),
    # care
    Route("GET", W + "/digest", "api-read", care.digest),
    Route("POST", W + "/verify", "api-write", care.verify, status=202),
    Route("POST", W + "/rebuild", "api-write", care.rebuild, status=202),
    Route("POST", W + "/backup", "api-write", care.backup, status=202),
    Route("POST", W + "/export", "api-write", care.export, status=202, limit=SELECTION_BYTES),
)
