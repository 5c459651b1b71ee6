//! A role that is made, handed over: each file holds the whole set-up, trust included, and takes nothing over.

use sagemaker_ssh_setup::export::{self, Form};
use sagemaker_ssh_setup::model::Choices;
use sagemaker_ssh_setup::plan::{RoleDocument, Target};
use sagemaker_ssh_setup::policy::same::is_same_document;
use serde_json::{Value, json};

use super::cut_off::{REGION, Setup};
use super::exports::{Shell, evaluated, filled_in, script, text_of};
use super::new_role::{CONNECT, Deed, TRAIN, apart_from_tags, as_planned, wanted};

fn hardened() -> Choices {
    Choices {
        harden_trust: true,
        ..wanted()
    }
}

#[tokio::test]
async fn the_script_makes_the_roles_that_apply_makes_and_its_undo_deletes_them() {
    let setup = Setup::new().await;
    let before = setup.contents();
    let plan = setup.set_up_as(wanted()).await.plan;
    let shell = Shell::new(&setup, &script(&plan));
    assert_eq!(shell.run(&["--check"]).await.status.code(), Some(2));
    let output = shell.run(&["--yes"]).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let (now, planned) = (setup.contents(), as_planned().await);
    assert_eq!(apart_from_tags(&now), apart_from_tags(&planned));
    let writes = setup.faults.writes().len();
    assert_eq!(shell.run(&["--yes"]).await.status.code(), Some(0));
    assert_eq!(setup.faults.writes().len(), writes);
    let output = shell.run(&["--undo", "--yes"]).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(setup.contents(), before);
}

#[tokio::test]
async fn the_script_writes_nothing_to_a_role_that_somebody_else_made() {
    for deed in [Deed::MakesAnotherRole, Deed::MakesTheSameRole] {
        // Before it begins: it refuses everything.
        let setup = Setup::new().await;
        let plan = setup.set_up_as(wanted()).await.plan;
        let shell = Shell::new(&setup, &script(&plan));
        deed.prepared(&setup.demo).await.await;
        let before = setup.contents();
        let output = shell.run(&["--yes"]).await;
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert_eq!(setup.contents(), before);

        // Between its last look and its write: what belongs to that role is left out.
        let alone = Setup::new().await;
        let shell = Shell::new(&alone, &script(&plan));
        assert_eq!(shell.run(&["--yes"]).await.status.code(), Some(0));
        let calls = alone.faults.calls();
        let creation = calls.iter().position(|call| call == "CreateRole").unwrap();
        let setup = Setup::new().await;
        let shell = Shell::new(&setup, &script(&plan));
        let hook = deed.prepared(&setup.demo).await;
        setup.faults.before_call(creation + 1, hook);
        let output = shell.run(&["--yes"]).await;
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        let held = setup.contents();
        let theirs = &held.roles[TRAIN];
        assert!(
            theirs.tags.values().any(|run| run == "theirs"),
            "{theirs:?}"
        );
        assert!(theirs.inline.is_empty() && theirs.attached.is_empty());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            said.contains("the role comes first, and it was not made"),
            "{said}"
        );
    }
}

#[tokio::test]
async fn the_scripts_undo_leaves_a_role_that_somebody_added_to() {
    let setup = Setup::new().await;
    let plan = setup.set_up_as(wanted()).await.plan;
    let shell = Shell::new(&setup, &script(&plan));
    assert_eq!(shell.run(&["--yes"]).await.status.code(), Some(0));
    Deed::AttachesAPolicy.prepared(&setup.demo).await.await;
    let output = shell.run(&["--undo", "--yes"]).await;
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let held = setup.contents();
    assert!(held.roles.contains_key(TRAIN) && !held.roles.contains_key(CONNECT));
    let attached = &held.roles[TRAIN].attached;
    assert!(
        attached.iter().any(|arn| arn.ends_with("TeamBoundary")),
        "{attached:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn terraform_owns_a_role_that_it_makes_and_its_policies_come_after_it() {
    let setup = Setup::new().await;
    let plan = setup.set_up_as(hardened()).await.plan;
    let file = export::file(&plan, Form::Terraform).unwrap();
    let body = evaluated(&file.text);
    let of = |kind: &str| -> Vec<hcl::Block> {
        let blocks = body.blocks();
        let is_meant = |block: &&hcl::Block| {
            block.identifier() == "resource" && block.labels()[0].as_str() == kind
        };
        blocks.filter(is_meant).cloned().collect()
    };
    let roles = of("aws_iam_role");
    assert_eq!(roles.len(), 2);
    for role in &roles {
        let name = text_of(role, "name");
        let target = Target::Role { role: name.clone() };
        let planned = plan.change_of(&target).unwrap().after_text().unwrap();
        let planned = RoleDocument::parse(planned).unwrap();
        assert!(is_same_document(
            &text_of(role, "assume_role_policy"),
            &planned.trust()
        ));
        let address = format!("aws_iam_role.{}.name", role.labels()[1].as_str());
        let policies = of("aws_iam_role_policy").into_iter();
        let policies = policies.filter(|policy| text_of(policy, "role").contains(&address));
        assert_eq!(policies.count(), 1, "{name}");
    }
    assert_eq!(of("aws_iam_role_policy_attachment").len(), 1);
    for never in ["import {", "prevent_destroy", "ignore_changes", "state rm"] {
        assert!(!file.text.contains(never), "{never}");
    }
}

#[tokio::test(start_paused = true)]
async fn cloudformation_makes_the_roles_trust_and_all_in_any_account() {
    let setup = Setup::new().await;
    let plan = setup.set_up_as(hardened()).await.plan;
    let file = export::file(&plan, Form::CloudFormation).unwrap();
    let template: Value = serde_json::from_str(&file.text).unwrap();
    let resources = template["Resources"].to_string();
    for fixed in ["123456789012", "arn:aws:"] {
        assert!(!resources.contains(fixed), "{fixed}");
    }
    let given = json!({
        "IamRegion": REGION, "SetTier": "true", "SageMakerRole1Name": TRAIN, "UserRole1Name": CONNECT,
        "SageMakerRole1": TRAIN, "UserRole1": CONNECT,
    });
    assert_eq!(
        template["Parameters"]["SageMakerRole1Name"]["Default"],
        TRAIN
    );
    let resources = filled_in(&template["Resources"], &given);
    for (label, name) in [("SageMakerRole1", TRAIN), ("UserRole1", CONNECT)] {
        let role = &resources[label];
        assert_eq!(role["Type"], "AWS::IAM::Role");
        assert_eq!(role["Condition"], "WritesIam");
        let target = Target::Role {
            role: name.to_owned(),
        };
        let planned = plan.change_of(&target).unwrap().after_text().unwrap();
        let planned = RoleDocument::parse(planned).unwrap();
        let properties = &role["Properties"];
        assert_eq!(properties["RoleName"], name);
        assert_eq!(
            properties["AssumeRolePolicyDocument"],
            planned.assume_role_policy_document
        );
        let is_sagemaker = name == TRAIN;
        let full_access = json!(["arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"]);
        assert_eq!(
            properties.get("ManagedPolicyArns"),
            is_sagemaker.then_some(&full_access)
        );
    }
    // Each policy waits for its role, and is the plan's.
    for (item, change) in plan.changes() {
        let Target::Policy { role, policy } = &item.target else {
            continue;
        };
        let mut all = resources.as_object().unwrap().values();
        let resource = all
            .find(|resource| resource["Properties"]["PolicyName"] == policy.name())
            .unwrap();
        assert_eq!(resource["Properties"]["RoleName"], **role);
        let after: Value = serde_json::from_str(change.after_text().unwrap()).unwrap();
        assert_eq!(resource["Properties"]["PolicyDocument"], after);
    }
    let ref_of = &template["Resources"]["SageMakerRole1ServerPolicy"]["Properties"]["RoleName"];
    assert_eq!(*ref_of, json!({"Ref": "SageMakerRole1"}));
    let notes = template["Metadata"]["Notes"].to_string();
    assert!(
        notes.contains("CAPABILITY_NAMED_IAM") && !notes.contains("What CloudFormation cannot do")
    );
}

#[tokio::test(start_paused = true)]
async fn the_review_says_who_may_assume_a_new_role_and_what_it_may() {
    let setup = Setup::new().await;
    let plan = setup.set_up_as(hardened()).await.plan;
    let review = export::file(&plan, Form::Review).unwrap().text;
    for said in [
        "Make the role NewTraining",
        "Attach the managed policy AmazonSageMakerFullAccess to the role NewTraining",
        "aws iam delete-role --role-name=NewTraining",
        "aws iam detach-role-policy --role-name=NewTraining",
        "those who may assume NewConnect",
        "sts:RoleSessionName",
    ] {
        assert!(review.contains(said), "{said}: {review}");
    }
}
