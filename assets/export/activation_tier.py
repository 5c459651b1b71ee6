import boto3
import cfnresponse

SETTING = "/ssm/managed-instance/activation-tier"
# The resource's ID keeps what was there before, for its deletion.
ID = "activation-tier:"


def handler(event, context):
    resource = event.get("PhysicalResourceId", ID + "not-set")
    try:
        ssm = boto3.client("ssm")
        setting = ssm.get_service_setting(SettingId=SETTING)["ServiceSetting"]
        value, request = setting["SettingValue"], event["RequestType"]
        if request == "Create":
            resource = ID + ("default" if setting["Status"] == "Default" else value)
        if request in ("Create", "Update") and value != "advanced":
            ssm.update_service_setting(SettingId=SETTING, SettingValue="advanced")
        former = resource.removeprefix(ID)
        if request == "Delete" and value == "advanced":
            if former == "default":
                ssm.reset_service_setting(SettingId=SETTING)
            elif former == "standard":
                ssm.update_service_setting(SettingId=SETTING, SettingValue=former)
        cfnresponse.send(event, context, cfnresponse.SUCCESS, {}, resource)
    except Exception as error:
        cfnresponse.send(event, context, cfnresponse.FAILED, {}, resource, reason=str(error))
