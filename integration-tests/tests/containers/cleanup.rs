//! A test that fails leaves nothing behind.

use std::thread;

use gisa_integration_tests::{
    compose_stack::ComposeStack,
    container_pipeline::{ContainerPipeline, Topology},
    docker::{docker, is_skipped},
};

#[test]
fn a_failed_test_leaves_no_container_and_no_network() {
    if is_skipped() {
        return;
    }
    let name = fail(
        async {
            let pipeline = ContainerPipeline::start_unless_skipped(Topology::Single).await;
            pipeline.expect("not skipped")
        },
        |pipeline| pipeline.name().to_owned(),
    );
    let by_name = format!("name={name}");
    assert_eq!(docker(&["ps", "--all", "--quiet", "--filter", &by_name]), "");
    assert_eq!(docker(&["network", "ls", "--quiet", "--filter", &by_name]), "");
}

#[test]
fn a_failed_test_takes_its_compose_stack_down() {
    if is_skipped() {
        return;
    }
    let name = fail(
        async { ComposeStack::up_unless_skipped().await.expect("not skipped") },
        |stack| stack.project().to_owned(),
    );
    let label = format!("label=com.docker.compose.project={name}");
    assert_eq!(docker(&["ps", "--all", "--quiet", "--filter", &label]), "");
    assert_eq!(docker(&["volume", "ls", "--quiet", "--filter", &label]), "");
}

/// Runs a test that panics while it holds what `start` started; gives the name of that.
fn fail<T: Send + 'static>(
    start: impl Future<Output = T> + Send + 'static,
    name_of: impl FnOnce(&T) -> String + Send + 'static,
) -> String {
    let (sender, name) = std::sync::mpsc::channel();
    let failing = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async move {
            let started = start.await;
            sender.send(name_of(&started)).unwrap();
            panic!("fails on purpose");
        });
    });
    let name = name.recv().unwrap();
    let payload = failing.join().unwrap_err();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"fails on purpose"));
    name
}
