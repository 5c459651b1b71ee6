"""The account that judges from outside: ../shared/stand, moto behind IAM's own layout, where that is there."""
import json, pathlib, subprocess, sys, time, urllib.request

HERE = pathlib.Path(__file__).resolve().parent.parent
STAND = HERE.parent / "shared/stand"


def is_there():
    return (STAND / "stand.py").exists()


def start(port, latency_ms, **seed):
    """Its address and its process, with more in its seed; moto comes from its registry."""
    folder = HERE / "target/stand"
    folder.mkdir(parents=True, exist_ok=True)
    python = folder / "venv/bin/python"
    if not (folder / "venv/bin/moto_server").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "moto[server]==5.2.5"], check=True)
    seeded = {**json.loads((STAND / "seed.json").read_text()), **seed}
    written = folder / f"seed-{port}.json"
    written.write_text(json.dumps(seeded))
    words = [str(python), str(STAND / "stand.py"), "--port", str(port), "--seed", str(written), "--latency-ms", str(latency_ms)]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            get(address, "state")
            return address, process
        except OSError:
            time.sleep(0.1)
    process.terminate()
    sys.exit("the stand does not answer")


def get(address, what):
    """What the account holds ("state"), or its calls so far ("log")."""
    return json.loads(urllib.request.urlopen(f"{address}/_stand/{what}").read())


def in_one_order(value):
    """The same for the same documents, in whatever order IAM gives their lists."""
    if isinstance(value, dict):
        return {key: in_one_order(each) for key, each in sorted(value.items())}
    if isinstance(value, list):
        return sorted((in_one_order(each) for each in value), key=json.dumps)
    if isinstance(value, str) and value.startswith("{"):
        return in_one_order(json.loads(value))
    return value
