"""Printed parts as triangles: reading STL, closedness, volume, sharpness, wall thickness. numpy only."""

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Triangles = NDArray[np.float64]
"""(N, 3, 3): triangles, corners, xyz in mm; corners run counter-clockwise seen from outside."""


def read_stl(path: Path) -> Triangles:
    """Triangles of a binary STL file."""
    content = path.read_bytes()
    (count,) = struct.unpack_from("<I", content, 80)
    record = np.dtype([("normal", "<3f4"), ("corners", "<9f4"), ("more", "<u2")])
    if len(content) != 84 + count * record.itemsize:
        raise ValueError(f"{path}: not a binary STL file of {count} triangles")
    return np.frombuffer(content, record, count, 84)["corners"].reshape(-1, 3, 3).astype(np.float64)


def write_stl(path: Path, triangles: Triangles) -> None:
    """Write binary STL: the same triangles give the same bytes."""
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    normals = normals / np.where(lengths > 0, lengths, 1)
    record = np.zeros(len(triangles), np.dtype([("normal", "<3f4"), ("corners", "<9f4"), ("more", "<u2")]))
    record["normal"], record["corners"] = normals, triangles.reshape(-1, 9)
    path.write_bytes(b"hiphinge".ljust(80, b"\0") + struct.pack("<I", len(triangles)) + record.tobytes())


def volume_mm3(triangles: Triangles) -> float:
    """Enclosed volume (divergence theorem)."""
    return float(np.einsum("ni,ni->", triangles[:, 0], np.cross(triangles[:, 1], triangles[:, 2])) / 6.0)


def box_mm(triangles: Triangles) -> NDArray[np.float64]:
    """Size along x, y, z."""
    return np.ptp(triangles.reshape(-1, 3), axis=0)


def _edges(triangles: Triangles) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Directed edges as pairs of corner numbers, (N, 3, 2), and the corners; corners within 1 um are one."""
    corners, number = np.unique(np.round(triangles.reshape(-1, 3), 3), axis=0, return_inverse=True)
    faces = number.reshape(-1, 3)
    return np.stack([faces, np.roll(faces, -1, axis=1)], axis=2), corners


def is_watertight(triangles: Triangles) -> bool:
    """Whether every edge is run through once in each direction: closed, and no side turned inside out."""
    edges = _edges(triangles)[0].reshape(-1, 2)
    edges = edges[edges[:, 0] != edges[:, 1]]
    forward, forward_count = np.unique(edges, axis=0, return_counts=True)
    backward, backward_count = np.unique(edges[:, ::-1], axis=0, return_counts=True)
    return np.array_equal(forward, backward) and np.array_equal(forward_count, backward_count)


def sharpest_deg(triangles: Triangles, below_z_mm: float, outside: bool = True) -> float:
    """The sharpest outward edge whose both ends lie below a height: by how far its two sides turn, deg.

    0 is flat, 90 a square edge. A rounding shows as many edges that turn a little each.
    """
    edges, corners = _edges(triangles)
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    areas = np.linalg.norm(normals, axis=1)
    # Slivers have no direction worth a name.
    good = areas > 1e-4
    normals = normals / np.where(areas > 0, areas, 1)[:, None]
    seen: dict[tuple[int, int], int] = {}
    sharpest = 0.0
    for face in np.flatnonzero(good):
        for start, end in edges[face]:
            other = seen.pop((int(end), int(start)), None)
            if other is None:
                seen[int(start), int(end)] = int(face)
                continue
            if corners[start, 2] > below_z_mm or corners[end, 2] > below_z_mm:
                continue
            apex = corners[[c for c in edges[other][:, 0] if c not in (start, end)][:1]]
            convex = bool(len(apex)) and float(np.dot(apex[0] - corners[start], normals[face])) < 0
            if convex == outside:
                turn = np.degrees(np.arccos(np.clip(np.dot(normals[face], normals[other]), -1, 1)))
                sharpest = max(sharpest, float(turn))
    return sharpest


def thinnest(
    triangles: Triangles, seed: int, samples: int = 1500, opposite: float = 0.98
) -> tuple[float, NDArray[np.float64]]:
    """The thinnest wall found by sampling, mm, and where: from points of the surface straight inwards to the far side.

    Counted is what lies between two sides that face away from each other (`opposite`: cosine); where they meet at an
    angle there is an edge, not a wall. Roundings therefore do not count.
    """
    rng = np.random.default_rng(seed)
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    areas = np.linalg.norm(normals, axis=1)
    keep = areas > 1e-6
    triangles, normals, areas = triangles[keep], normals[keep] / areas[keep, None], areas[keep]
    picked = rng.choice(len(triangles), samples, p=areas / areas.sum())
    u, v = rng.random((2, samples))
    flip = u + v > 1
    u[flip], v[flip] = 1 - u[flip], 1 - v[flip]
    a, b, c = (triangles[picked, corner] for corner in range(3))
    points = a + u[:, None] * (b - a) + v[:, None] * (c - a)
    first, side_1, side_2 = triangles[:, 0], triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    least, where = np.inf, np.full(3, np.nan)
    for point, normal in zip(points, normals[picked], strict=True):
        # Moeller and Trumbore's intersection of a ray with all triangles at once.
        ray = -normal
        cross = np.cross(ray, side_2)
        det = np.einsum("ij,ij->i", side_1, cross)
        crossed = np.abs(det) > 1e-9
        det = np.where(crossed, det, 1.0)
        offset = point - first
        at_u = np.einsum("ij,ij->i", offset, cross) / det
        turned = np.cross(offset, side_1)
        at_v = turned @ ray / det
        depth = np.einsum("ij,ij->i", side_2, turned) / det
        hit = crossed & (at_u >= 0) & (at_v >= 0) & (at_u + at_v <= 1) & (depth > 1e-3)
        if not hit.any():
            continue
        nearest = np.flatnonzero(hit)[np.argmin(depth[hit])]
        if float(np.dot(normals[nearest], normal)) < -opposite and depth[nearest] < least:
            least, where = float(depth[nearest]), point
    return least, where
