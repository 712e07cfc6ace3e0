"""The real OpenSim reading and using what was exported. Run on its own: it writes a log and prints one line of JSON.

Usage: python opensim_reads.py FOLDER, which holds session.mot, session_sd.sto, session.sto, session_neutral.sto.
"""

import json
import sys
from pathlib import Path

import opensim

# As the back and pelvis joints of the Rajagopal 2015 and gait2392 models: order and axes of their rotations.
PELVIS = (("pelvis_tilt", "0 0 1"), ("pelvis_list", "1 0 0"), ("pelvis_rotation", "0 1 0"))
BACK = (("lumbar_extension", "0 0 1"), ("lumbar_bending", "1 0 0"), ("lumbar_rotation", "0 1 0"))


def joint(name: str, parent: str, child: str, rotations: tuple[tuple[str, str], ...]) -> str:
    axes = [(coordinate, axis, "<LinearFunction><coefficients>1 0</coefficients></LinearFunction>")
            for coordinate, axis in rotations]  # fmt: skip
    axes += [("", axis, "<Constant><value>0</value></Constant>") for axis in ("1 0 0", "0 1 0", "0 0 1")]
    names = [f"rotation{i}" for i in (1, 2, 3)] + [f"translation{i}" for i in (1, 2, 3)]
    transform = "".join(
        f'<TransformAxis name="{name}"><coordinates>{coordinate}</coordinates><axis>{axis}</axis>'
        f"{function}</TransformAxis>"
        for name, (coordinate, axis, function) in zip(names, axes, strict=True)
    )
    coordinates = "".join(f'<Coordinate name="{coordinate}"/>' for coordinate, _ in rotations)
    return (
        f'<CustomJoint name="{name}"><socket_parent_frame>{parent}</socket_parent_frame>'
        f"<socket_child_frame>/bodyset/{child}</socket_child_frame><coordinates>{coordinates}</coordinates>"
        f"<SpatialTransform>{transform}</SpatialTransform></CustomJoint>"
    )


def model_file(folder: Path) -> str:
    """A pelvis on the ground and a torso on the pelvis."""
    bodies = "".join(
        f'<Body name="{name}"><mass>10</mass><inertia>1 1 1 0 0 0</inertia></Body>' for name in ("pelvis", "torso")
    )
    joints = joint("ground_pelvis", "/ground", "pelvis", PELVIS) + joint("back", "/bodyset/pelvis", "torso", BACK)
    path = folder / "two_segments.osim"
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8"?><OpenSimDocument Version="40000"><Model name="two_segments">'
        f'<Ground name="ground"/><BodySet name="bodyset"><objects>{bodies}</objects></BodySet>'
        f'<JointSet name="jointset"><objects>{joints}</objects></JointSet></Model></OpenSimDocument>'
    )
    return str(path)


def table(path: Path) -> dict[str, object]:
    read = opensim.TimeSeriesTable(str(path))
    return {
        "time": list(read.getIndependentColumn()),
        "columns": {label: read.getDependentColumn(label).to_numpy().tolist() for label in read.getColumnLabels()},
        "about": json.loads(read.getTableMetaDataAsString("hiphinge"))
        if read.hasTableMetaDataKey("hiphinge")
        else None,
    }


def poses(folder: Path) -> list[dict[str, list[float]]]:
    """Where the model's axes point, in ground, at each row of the `.mot`."""
    model = opensim.Model(model_file(folder))
    state = model.initSystem()
    read = table(folder / "session.mot")
    found = []
    for row in range(len(read["time"])):
        for name, values in read["columns"].items():
            model.updCoordinateSet().get(name).setValue(state, values[row] * 3.141592653589793 / 180.0)
        model.realizePosition(state)
        pose = {}
        for body in ("pelvis", "torso"):
            rotation = model.getBodySet().get(body).getTransformInGround(state).R()
            pose[f"{body}_forward"] = [rotation.get(axis, 0) for axis in range(3)]
            pose[f"{body}_up"] = [rotation.get(axis, 1) for axis in range(3)]
        found.append(pose)
    return found


def tracked(folder: Path, until_s: float) -> dict[str, object]:
    """IMUPlacer on the neutral file, then IMU inverse kinematics on the orientations."""
    placer = opensim.IMUPlacer()
    placer.set_model_file(model_file(folder))
    placer.set_orientation_file_for_calibration(str(folder / "session_neutral.sto"))
    placer.set_output_model_file(str(folder / "placed.osim"))
    placer.run(False)
    placed = opensim.Model(str(folder / "placed.osim"))  # the solver does not keep it alive
    solver = opensim.IMUInverseKinematicsTool()
    solver.setModel(placed)
    solver.set_orientations_file(str(folder / "session.sto"))
    solver.set_results_directory(str(folder))
    solver.set_output_motion_file("tracked.mot")
    solver.set_time_range(0, 0.0)
    solver.set_time_range(1, until_s)
    assert solver.run(False)
    return table(folder / "tracked.mot")


def main(folder: Path) -> None:
    opensim.Logger.setLevelString("off")
    found: dict[str, object] = {}
    if (folder / "session.mot").exists():
        storage = opensim.Storage(str(folder / "session.mot"))
        found["mot"] = table(folder / "session.mot")
        found["sd"] = table(folder / "session_sd.sto")
        found["storage"] = {"rows": storage.getSize(), "degrees": storage.isInDegrees()}
        if len(found["mot"]["time"]) < 100:
            found["poses"] = poses(folder)
    if (folder / "session.sto").exists():
        read = opensim.TimeSeriesTableQuaternion(str(folder / "session.sto"))
        found["sto"] = {"rows": read.getNumRows(), "labels": list(read.getColumnLabels())}
        found["tracked"] = tracked(folder, 8.0)
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
