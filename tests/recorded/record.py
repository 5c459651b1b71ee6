"""Records how moto (pip install "moto[server]") answers the calls that the embedded account answers: record.py > answers.json

Each entry is a request and its answer; the account that it begins with is the seed beside the entries.
"""
import json
import urllib.error
import urllib.parse
import urllib.request

from moto.server import ThreadedMotoServer

TRUST = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::100% of a/b/*"}]}'
ARN = "arn:aws:iam::123456789012:policy/Trainer/Extra"


def iam(action, **fields):
    return {"service": "iam", "action": action, "fields": fields}


# What the seed of the embedded account says in JSON, in moto's calls.
PREPARED = [
    iam("CreateRole", RoleName="Trainer", Path="/service-role/", AssumeRolePolicyDocument=TRUST, Description="Trains & tests"),
    iam("PutRolePolicy", RoleName="Trainer", PolicyName="team", PolicyDocument=POLICY),
    iam("CreatePolicy", PolicyName="Extra", Path="/Trainer/", PolicyDocument=POLICY),
    iam("AttachRolePolicy", RoleName="Trainer", PolicyArn=ARN),
    iam("CreateRole", RoleName="Other", AssumeRolePolicyDocument=TRUST),
    iam("CreateAccountAlias", AccountAlias="acme"),
]
ASKED = [
    iam("ListAccountAliases"),
    iam("ListRoles"),
    iam("ListRoles", MaxItems="1"),
    iam("GetRole", RoleName="Trainer"),
    iam("GetRole", RoleName="Nobody"),
    iam("ListRolePolicies", RoleName="Trainer"),
    iam("ListRolePolicies", RoleName="Nobody"),
    iam("GetRolePolicy", RoleName="Trainer", PolicyName="team"),
    iam("GetRolePolicy", RoleName="Trainer", PolicyName="none"),
    iam("ListAttachedRolePolicies", RoleName="Trainer"),
    iam("GetPolicy", PolicyArn=ARN),
    iam("GetPolicyVersion", PolicyArn=ARN, VersionId="v1"),
    iam("CreateRole", RoleName="Trainer", AssumeRolePolicyDocument=TRUST),
    iam("DeleteRole", RoleName="Trainer"),
    iam("UpdateAssumeRolePolicy", RoleName="Nobody", PolicyDocument=TRUST),
    iam("UpdateAssumeRolePolicy", RoleName="Trainer", PolicyDocument=TRUST.replace("sagemaker", "ssm")),
    iam("GetRole", RoleName="Trainer"),
    iam("PutRolePolicy", RoleName="Nobody", PolicyName="new", PolicyDocument=POLICY),
    iam("PutRolePolicy", RoleName="Trainer", PolicyName="broken", PolicyDocument="{"),
    iam("PutRolePolicy", RoleName="Trainer", PolicyName="new", PolicyDocument=POLICY),
    iam("ListRolePolicies", RoleName="Trainer"),
    iam("DeleteRolePolicy", RoleName="Trainer", PolicyName="new"),
    iam("DeleteRolePolicy", RoleName="Trainer", PolicyName="new"),
    iam("DetachRolePolicy", RoleName="Trainer", PolicyArn=ARN),
    iam("DetachRolePolicy", RoleName="Trainer", PolicyArn=ARN),
    iam("DeleteRole", RoleName="Other"),
    iam("GetRole", RoleName="Other"),
]


def answer(port, request):
    fields = {"Action": request["action"], "Version": "2010-05-08", **request["fields"]}
    scope = f"20240131/us-east-1/{request['service']}/aws4_request"
    call = urllib.request.Request(
        f"http://127.0.0.1:{port}/",
        urllib.parse.urlencode(fields).encode(),
        {"Authorization": f"AWS4-HMAC-SHA256 Credential=AKIA/{scope}, SignedHeaders=host, Signature=0"},
    )
    try:
        with urllib.request.urlopen(call) as told:
            return told.status, told.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


server = ThreadedMotoServer(port=0, verbose=False)
server.start()
_, port = server.get_host_and_port()
for request in PREPARED:
    status, body = answer(port, request)
    assert status == 200, body
entries = []
for request in ASKED:
    status, body = answer(port, request)
    entries.append({**request, "status": status, "body": body})
server.stop()
seed = {
    "alias": "acme",
    "region": "us-east-1",
    "caller": {"arn": "arn:aws:iam::123456789012:root", "user_id": "123456789012"},
    "roles": [
        {
            "name": "Trainer",
            "path": "/service-role/",
            "description": "Trains & tests",
            "trust": TRUST,
            "inline": {"team": POLICY},
            "attached": [{"name": "Extra", "document": POLICY}],
        },
        {"name": "Other", "trust": TRUST},
    ],
}
print(json.dumps({"seed": seed, "answers": entries}, indent=1))
