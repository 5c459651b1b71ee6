//! Every step as a picture in text, in its loading, empty, failing and full form, at two sizes.

use std::time::Duration;

use insta::assert_snapshot;
use ratatui::style::Color;
use sagemaker_ssh_setup::demo::{Seed, Timing};
use sagemaker_ssh_setup::model::{Choices, ConnectFrom};
use sagemaker_ssh_setup::wizard::widget::theme::Look;
use sagemaker_ssh_setup::wizard::{Chosen, Start};

use super::cut_off;
use super::faults::{Death, Fault, Faults};
use super::play::{Play, Setup};

const SIZES: [(u16, u16); 2] = [(80, 24), (120, 40)];

/// Snapshots the screen under a name and the size.
/// The whole screen, with what stands around the page.
macro_rules! screen {
    ($play:expr, $name:expr, $size:expr) => {
        assert_snapshot!(format!("{}-{}x{}", $name, $size.0, $size.1), $play.screen())
    };
}

/// The page alone, so that a hint that changes touches few pictures.
macro_rules! shot {
    ($play:expr, $name:expr, $size:expr) => {
        assert_snapshot!(format!("{}-{}x{}", $name, $size.0, $size.1), $play.body())
    };
}

fn empty_account() -> Seed {
    Seed {
        roles: Vec::new(),
        ..Seed::shipped().unwrap()
    }
}

fn with_faults(size: (u16, u16), prepare: impl FnOnce(&Faults)) -> Play {
    Setup::at(size).start_with(prepare)
}

#[tokio::test(start_paused = true)]
async fn account() {
    for size in SIZES {
        let mut play = with_faults(size, |faults| {
            faults.add("GetCallerIdentity", 1, Fault::Hang);
        });
        play.wait("Asking AWS who you are. |").await;
        shot!(play, "account-loading", size);
        let mut play = Setup::at(size).start();
        play.keys("{acme-ml-dev}{Roles         39}{Regions       34}")
            .await;
        screen!(play, "account-full", size);
        let refused = Fault::Refused(
            403,
            "ExpiredToken",
            "The security token included in the request is expired",
        );
        let mut play = with_faults(size, |faults| faults.add("GetCallerIdentity", 9, refused));
        play.keys("{expired}{AWS request}").await;
        shot!(play, "account-expired", size);
        let mut seed = Seed::shipped().unwrap();
        seed.caller.arn = "arn:aws:iam::123456789012:root".into();
        seed.caller.user_id = "123456789012".into();
        let mut play = Setup {
            seed: Some(seed),
            ..Setup::at(size)
        }
        .start();
        play.keys("{root user}{Roles         39}{Regions       34}")
            .await;
        shot!(play, "account-root", size);
    }
}

#[tokio::test(start_paused = true)]
async fn connect_from() {
    for size in SIZES {
        let mut play = Setup::at(size).start();
        play.keys("{acme-ml-dev}<enter><down>").await;
        screen!(play, "connect-from", size);
    }
}

#[tokio::test(start_paused = true)]
async fn sagemaker_roles() {
    for size in SIZES {
        let mut play = with_faults(size, |faults| faults.add("ListRoles", 9, Fault::Hang));
        play.keys("{Admin/console}<enter><enter>{Listing the roles}")
            .await;
        shot!(play, "sagemaker-roles-loading", size);

        let mut play = Setup::at(size).start();
        play.keys("{acme-ml-dev}<enter><enter>{Recommender}").await;
        play.keys("<space><down><space><down><space><down><space><down><space>")
            .await;
        play.wait("~ differs")
            .await
            .wait("! blocked")
            .await
            .gone("reading")
            .await;
        screen!(play, "sagemaker-roles-full", size);
        play.keys("/exec").await;
        shot!(play, "sagemaker-roles-filter", size);
        play.keys("zzz").await;
        shot!(play, "sagemaker-roles-filter-empty", size);

        let mut play = Setup {
            seed: Some(empty_account()),
            ..Setup::at(size)
        }
        .start();
        play.keys("{acme-ml-dev}<enter><enter>{no roles yet}").await;
        shot!(play, "sagemaker-roles-empty", size);

        let denied = Fault::Refused(
            403,
            "AccessDenied",
            "User is not authorized to perform: iam:ListRoles",
        );
        let mut play = with_faults(size, |faults| faults.add("ListRoles", 9, denied));
        play.keys("{acme-ml-dev}<enter><enter>{not allowed}").await;
        shot!(play, "sagemaker-roles-denied", size);
        play.keys("tarn:aws:iam::12:role/x<enter>{twelve digits}")
            .await;
        shot!(play, "sagemaker-roles-typed-wrong", size);
    }
}

#[tokio::test(start_paused = true)]
async fn user_roles() {
    for size in SIZES {
        let mut play = Setup::at(size).start();
        play.keys("{acme-ml-dev}<enter><enter>{Recommender}").await;
        play.keys("<space><enter>{Admin (yours)}a").await;
        play.keys("{!reading}{in place}").await;
        shot!(play, "user-roles-full", size);
    }
}

#[tokio::test(start_paused = true)]
async fn new_roles() {
    for size in SIZES {
        let mut play = Setup::at(size).start();
        play.keys("{acme-ml-dev}<enter><enter>{Recommender}n{A new SageMaker role}")
            .await;
        shot!(play, "new-sagemaker-role", size);
        play.keys("<tab><space><enter>{to be made}").await;
        screen!(play, "new-sagemaker-role-added", size);
        play.keys("<enter>{people have}n{user amira}").await;
        shot!(play, "new-user-role", size);
        play.keys(
            "<tab><space><down><space><tab><space><enter>{to be made}n{user amira}{!listing}",
        )
        .await;
        shot!(play, "new-user-role-again", size);
        play.keys("<end> x<enter>{letters, digits}").await;
        shot!(play, "new-user-role-wrong", size);
        play.keys("<backspace><backspace><enter>{to be made}<enter>{standard}")
            .await;
        play.keys("{!still being read}<space><enter>{to change}{!Asking AWS}{!reading}<down>")
            .await;
        screen!(play, "preview-new-role", size);
        play.keys("<enter>{Go back}{!Asking AWS}").await;
        shot!(play, "confirm-new-role", size);
    }
}

#[tokio::test(start_paused = true)]
async fn regions() {
    for size in SIZES {
        let mut play = with_faults(size, |faults| {
            faults.add("GetServiceSetting", 40, Fault::Hang);
        });
        play.walk_to_regions().await;
        play.wait("still being read").await;
        shot!(play, "regions-loading", size);

        let scp = "User is not authorized to perform: ssm:GetServiceSetting with an explicit deny in a service control policy";
        let mut play = with_faults(size, |faults| {
            faults.add(
                "GetServiceSetting@eu-north-1",
                9,
                Fault::Refused(400, "AccessDeniedException", scp),
            );
            faults.add(
                "GetServiceSetting@eu-south-1",
                9,
                Fault::Refused(400, "AccessDeniedException", "no"),
            );
            faults.add("GetServiceSetting@eu-west-3", 9, Fault::Html(502));
        });
        play.walk_to_regions().await;
        play.keys("{In which regions}{!still being read}<space><down><down>")
            .await;
        screen!(play, "regions-full", size);
        play.keys("/tokyo").await;
        shot!(play, "regions-filter", size);

        let mut seed = Seed::shipped().unwrap();
        seed.caller.arn = "arn:aws-elsewhere:iam::123456789012:user/admin".into();
        let mut play = Setup {
            seed: Some(seed),
            ..Setup::at(size)
        }
        .start();
        play.walk_to_regions().await;
        play.wait("No regions are known").await;
        shot!(play, "regions-empty", size);
    }
}

#[tokio::test(start_paused = true)]
async fn preview_confirm_apply_done() {
    for size in SIZES {
        let mut play = Setup::at(size).start();
        play.walk_to_confirm().await;
        screen!(play, "confirm", size);
        play.keys("<esc>{to change}{After this, people can connect}")
            .await;
        screen!(play, "preview-words", size);
        play.keys("<down>d").await;
        shot!(play, "preview-difference", size);
        play.keys("d").await;
        shot!(play, "preview-document", size);
        play.keys("d").await;
        shot!(play, "preview-call", size);
        play.keys("hs{[x] h hardened}{After this, people can connect}")
            .await;
        shot!(play, "preview-options", size);
        play.keys("?").await;
        shot!(play, "preview-help", size);
        play.keys("<esc>hs<enter>{Go back}{!Asking AWS}y").await;
        play.wait("done and read back").await;
        screen!(play, "apply-running", size);
        play.wait("Ready. 4 changes").await;
        screen!(play, "done", size);
        play.keys("l").await;
        assert!(play.screen().contains("Throttling"), "{}", play.screen());
        play.keys("lu{Put back 4 changes}").await;
        screen!(play, "undo-confirm", size);
        play.keys("{!Asking AWS}y{Put back: 4 changes}").await;
        shot!(play, "undo-done", size);
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_cut_off() {
    for size in SIZES {
        let dead = cut_off::Setup::new().await;
        // The changes of one role follow each other, so that the same is done every time.
        let choices = Choices {
            connect_from: ConnectFrom::Studio,
            sagemaker_roles: vec!["Recommender-ExecutionRole".into()],
            ..Choices::default()
        };
        let job = dead.set_up_as(choices).await;
        let death = Death {
            call: 6,
            after: true,
        };
        assert!(dead.run_and_die(&job, death));
        let setup = Setup {
            source: Some(dead.demo.source()),
            records: dead.records.clone(),
            ..Setup::at(size)
        };
        let mut play = setup.start();
        play.wait("was cut off").await;
        screen!(play, "cut-off", size);
    }
}

#[tokio::test(start_paused = true)]
async fn preview_while_loading_and_when_a_reading_failed() {
    for size in SIZES {
        let hang = |faults: &Faults| faults.add("GetServiceSetting@eu-west-1", 9, Fault::Hang);
        let mut play = with_faults(size, hang);
        play.walk_to_regions()
            .await
            .keys("<space><enter>{1 still being read}")
            .await;
        play.keys("<enter>{still to come}").await;
        shot!(play, "preview-loading", size);

        let denied = Fault::Refused(
            403,
            "AccessDenied",
            "User is not authorized to perform: iam:GetRole",
        );
        let mut play = with_faults(size, |faults| faults.add("GetRole", 99, denied));
        play.walk_to_regions()
            .await
            .keys("{!still being read}<space><enter>")
            .await;
        play.keys("{3 blocked}<down>").await;
        shot!(play, "preview-unreadable", size);
    }
}

#[tokio::test(start_paused = true)]
async fn failure_uses_the_same_layout() {
    for size in SIZES {
        let denied = Fault::Refused(
            403,
            "AccessDenied",
            "User is not authorized to perform: iam:PutRolePolicy",
        );
        let mut play = Setup {
            timing: Timing::INSTANT,
            ..Setup::at(size)
        }
        .start();
        play.walk_to_confirm().await;
        play.faults.add("PutRolePolicy", 9, denied);
        play.keys("y{2 of 4 changes done}{What now}").await;
        shot!(play, "done-failed", size);
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_to_do() {
    for size in SIZES {
        let mut play = Setup::at(size).start();
        play.keys("{acme-ml-dev}<enter><enter>{Recommender}").await;
        play.keys("<down><space>{in place}<enter>{MLEngineer}")
            .await;
        play.keys("/mleng<enter><space>{in place}<enter>").await;
        play.keys("{In which}{!still being read}/frankfurt<enter><space><enter>")
            .await;
        play.wait("0 to change").await;
        play.wait("Ready. People can connect.").await;
        shot!(play, "preview-in-place", size);
        play.keys("<enter>{nothing to write}").await;
        shot!(play, "confirm-nothing", size);
        play.keys("v{Ready. Everything is in place. Nothing was written}")
            .await;
        shot!(play, "done-nothing", size);
        assert_eq!(play.faults.writes(), Vec::<String>::new());
    }
}

#[tokio::test(start_paused = true)]
async fn overlays() {
    for size in SIZES {
        let mut play = Setup::at(size).start();
        play.keys("{acme-ml-dev}p{acme-sandbox}").await;
        shot!(play, "profiles", size);
        play.keys("<esc>?").await;
        screen!(play, "account-help", size);
        play.keys("<esc><enter><enter>{Recommender}<space>q").await;
        shot!(play, "quit", size);
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_policy_simulator_says() {
    let mut seed = Seed::shipped().unwrap();
    for role in seed.roles.iter_mut().filter(|role| role.name == "Admin") {
        let policy = serde_json::json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["iam:Get*", "iam:List*", "iam:Simulate*", "iam:Update*"], "Resource": "*"},
            {"Effect": "Deny", "Action": "ssm:UpdateServiceSetting", "Resource": "*"}
        ]});
        role.inline.insert("all".into(), policy);
    }
    for size in SIZES {
        let setup = || Setup {
            timing: Timing::INSTANT,
            seed: Some(seed.clone()),
            ..Setup::at(size)
        };
        let mut play = setup().start();
        play.keys("{A policy denies}{Roles         39}").await;
        play.wait("Regions       34").await;
        shot!(play, "account-missing", size);
        play.walk_to_confirm().await.wait("No policy allows").await;
        shot!(play, "confirm-missing", size);
        play.keys("y{Ready. 4 changes}").await;
        play.settle().await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        play.keys("<end>{answered as they should be}").await;
        shot!(play, "done-proof", size);
    }
}

#[tokio::test(start_paused = true)]
async fn the_guide() {
    let choices = Choices {
        sagemaker_roles: vec!["AmazonSageMaker-ExecutionRole-20240131T101010".into()],
        user_roles: vec![
            "AWSReservedSSO_DataScience_8c7b6a5948372615".into(),
            "DataScientist".into(),
        ],
        regions: vec!["eu-west-1".into(), "us-east-1".into(), "me-south-1".into()],
        ..Choices::default()
    };
    for size in SIZES {
        let setup = || Setup {
            start: Start::Guide(Some(Chosen {
                choices: choices.clone(),
                arns: Vec::new(),
            })),
            ..Setup::at(size)
        };
        let mut play = setup()
            .start_with(|faults| faults.add("GetRole", 1, Fault::Slow(Duration::from_secs(9))));
        play.keys("{1 of 7}nnnn").await;
        play.wait("Reading what is there").await;
        shot!(play, "guide-loading", size);

        let prompt = || Setup {
            timing: Timing::INSTANT,
            ..setup()
        };
        let mut play = prompt().start();
        play.wait("2 of 7 · 1 in place").await;
        play.keys("{Not yet: the tier is standard}p").await;
        for (number, name) in [
            (1, "in-place"),
            (2, "region"),
            (3, "region-disabled"),
            (4, "trust"),
            (5, "server"),
            (6, "permission-set"),
            (7, "differs"),
        ] {
            play.wait(&format!("{number} of 7")).await;
            shot!(play, format!("guide-{name}"), size);
            play.keys("n").await;
        }
        play.keys("{What now}{1 of 7 in place}").await;
        screen!(play, "guide-done", size);

        let denied = Fault::Refused(403, "AccessDenied", "no");
        let mut play = prompt().start_with(|faults| faults.add("GetRole", 999, denied));
        play.keys("{2 of 7}nn").await;
        play.wait("This cannot be checked").await;
        play.keys("<space>{1 not checked}").await;
        shot!(play, "guide-by-hand", size);
    }
}

#[tokio::test(start_paused = true)]
async fn plain_signs_and_no_colour() {
    let look = Look {
        color: false,
        unicode: false,
    };
    let mut play = Setup {
        look,
        ..Setup::default()
    }
    .start();
    play.walk_to_confirm()
        .await
        .keys("y{Ready. 4 changes}")
        .await;
    let screen = play.screen();
    assert!(screen.is_ascii(), "{screen}");
    assert_snapshot!("ascii-done", screen);
    assert!(
        play.cells()
            .content
            .iter()
            .all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset)
    );
}

/// What a screen reader or a braille line is led to: the line of the terminal's cursor, and the status line.
#[tokio::test(start_paused = true)]
async fn a_whole_walk_as_it_is_heard() {
    let mut play = Setup {
        timing: Timing::INSTANT,
        ..Setup::default()
    }
    .start();
    let walk = [
        "{Roles         39}{Permissions   ✓}",
        "<enter>",
        "<down>",
        "<up>",
        "<enter>{ChurnTraining}{!reading}",
        "<down>",
        "<enter>",
        "<space>",
        "/churn",
        "<enter>",
        "<esc>",
        "<tab>",
        "<tab>",
        "tChrunTraining",
        "<enter>{Did you mean}",
        "<enter>{DataEngineer}{!reading}",
        "<down><space>",
        "<enter>{standard}{!still being read}",
        "<space>",
        "<enter>{to change}{!Asking AWS}",
        "<down>",
        "d",
        "n",
        "<tab>",
        "<tab>",
        "<enter>{Go back}{!Asking AWS}",
        "<enter>",
        "q",
        "<esc>",
        "?",
        "<esc>",
        "y{Ready.}{!Asking}",
        "l",
    ];
    let mut heard = Vec::new();
    for keys in walk {
        play.keys(keys).await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        play.settle().await;
        heard.push(format!("{keys}\n    {}", play.spoken()));
    }
    assert_snapshot!("a-walk-as-it-is-heard", heard.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn small_screens_show_the_step_itself() {
    let mut play = Setup::at((40, 10)).start();
    play.wait("acme").await;
    assert_snapshot!("small-account", play.screen());
    play.keys("<enter><enter>{ChurnTraining}").await;
    assert_snapshot!("small-roles", play.screen());
}
