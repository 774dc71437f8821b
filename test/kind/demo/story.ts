/** The story: an application in Git, a good release that is promoted, a bad one that is taken back in cluster and Git. */
import { nodePorts } from '../cluster/driver.ts';
import { appPath, type Checkout, prepareCheckout, shop } from '../e2e/checkout.ts';
import { condition, type Followed, follow } from '../e2e/follow.ts';
import { unexplainedFailures } from '../e2e/shares.ts';
import { linesOf, threadsOf } from '../e2e/slack-text.ts';
import {
  access,
  git,
  kubectl,
  loadStats,
  prometheusUrl,
  slackMessages,
  slackUrl,
  startLoad,
  stopLoad,
  summarize,
  waitFor,
} from '../fixture.ts';
import { chapter, claim, command, say, show, wrapped } from './narrate.ts';
import { loadStream, tellRun } from './release.ts';

const requestsPerSecond = 40;

export async function tellStory(): Promise<void> {
  chapter('The stage is set');
  const checkout = await prepareCheckout();
  const lastMessage = (await slackMessages()).at(-1)?.number ?? 0;
  say(
    'A gateway, a Prometheus, a Git server and a stand-in for Slack run in the cluster; Siskin too, with two replicas.',
  );

  chapter('Version 1.0.0 comes from Git');
  await checkout.release('1.0.0');
  await showCommit(checkout, 'HEAD', ['--stat', '--format=commit %h  %an%n    %s']);
  await checkout.deploy();
  say(`CI applied ${appPath}; Siskin makes the primary from it.`);
  const followed = await follow(shop.namespace, shop.canary);
  try {
    const ready = await followed.phase('Initialized', 90_000);
    say(ready.message ?? '');
    await startRequests();
    await goodRelease(checkout, followed);
    await badRelease(checkout, followed, lastMessage);
    await backInGit(checkout, followed);
    await stopLoad(loadStream);
    await lookAround(checkout);
  } finally {
    followed.stop();
  }
}

async function startRequests(): Promise<void> {
  await startLoad({ stream: loadStream, host: shop.host, rate: requestsPerSecond });
  await waitFor('answers of 1.0.0', async () =>
    summarize(await loadStats({ stream: loadStream })).share('1.0.0') > 0 ? true : undefined,
  );
  // Answers from before the route was known to the gateway are nobody's failure.
  await startLoad({ stream: loadStream, host: shop.host, rate: requestsPerSecond });
  say(`${requestsPerSecond} requests per second go to ${shop.host} from now on, through the gateway.`);
}

async function goodRelease(checkout: Checkout, followed: Followed): Promise<void> {
  chapter('Version 1.1.0 is released: a commit, which CI applies');
  await checkout.release('1.1.0');
  await showDiff(checkout);
  const end = await tellRun(followed, '1.1.0', () => checkout.deploy());
  claim(end.phase === 'Succeeded', `1.1.0 was not promoted: ${end.message}`);
  await claimAllFrom('1.1.0');
  const { seconds } = await loadStats({ stream: loadStream });
  const failures = unexplainedFailures(seconds);
  claim(Object.keys(failures).length === 0, `requests failed: ${JSON.stringify(failures)}`);
  say(
    `  measured: all answers come from 1.1.0; of ${summarize({ seconds }).sent} requests since the start none failed`,
  );
}

async function badRelease(checkout: Checkout, followed: Followed, lastMessage: number): Promise<void> {
  chapter('Version 1.2.0 is released; one in ten of its answers is an error');
  const bad = await checkout.release('1.2.0');
  await showDiff(checkout);
  const end = await tellRun(followed, '1.2.0', () => checkout.deploy());
  claim(end.phase === 'Failed', `1.2.0 was not rolled back: ${end.message}`);
  await claimAllFrom('1.1.0');
  const { seconds } = await loadStats({ stream: loadStream });
  const failures = unexplainedFailures(seconds, '1.2.0');
  claim(Object.keys(failures).length === 0, `requests failed: ${JSON.stringify(failures)}`);
  const errors = summarize({ seconds }).serverErrors;
  say(
    `  measured: all answers come from 1.1.0 again; ${errors} requests failed, all of them in pods of 1.2.0`,
  );

  chapter('Git is repaired');
  const repaired = await followed.until(
    'the revert',
    ({ rollback }) => rollback?.state !== undefined && rollback.state !== 'Pending',
  );
  const { rollback } = repaired;
  claim(
    rollback?.verdict === 'Reverted',
    `no revert was written: ${rollback?.message ?? rollback?.lastError}`,
  );
  await checkout.repository.pull();
  command('git show');
  const commit = await showCommit(checkout, 'HEAD', []);
  claim(commit.includes(`Rollback-Of: ${bad}`), 'the revert does not name the commit that failed');
  await claimSameTree(checkout);

  chapter('Slack is told');
  const message = await waitFor('the message with the revert', async () => {
    const about = threadsOf(await slackMessages(lastMessage)).filter(({ newest }) =>
      linesOf(newest).join('\n').includes('1.1.0 → 1.2.0'),
    );
    claim(about.length <= 1, `${about.length} messages tell of one release`);
    return about.find(({ newest }) => linesOf(newest).join('\n').includes('Git revert'));
  });
  show(
    linesOf(message.newest)
      .map(line => wrapped(line))
      .join('\n'),
    '▌',
  );
  say(`One message, brought up to date ${message.versions - 1} times; its thread tells the steps.`);

  chapter('Why?');
  await showCommand(['-n', shop.namespace, 'get', 'sis', shop.canary]);
  command(`kubectl -n ${shop.namespace} get sis ${shop.canary} -o jsonpath='{.status.message}'`);
  show(wrapped(followed.status().message ?? ''));
}

async function backInGit(checkout: Checkout, followed: Followed): Promise<void> {
  chapter('CI applies the revert');
  const run = followed.status().run?.id;
  await checkout.deploy();
  const end = await followed.until('Ready', status => condition(status, 'Ready') === 'True');
  claim(end.run?.id === run, 'the revert started a release');
  await claimAllFrom('1.1.0');
  say('No new release starts: Git asks for what already serves. The Canary is Ready again.');
  command(`kubectl -n ${shop.namespace} wait sis/${shop.canary} --for=condition=Ready`);
  show(
    await kubectl([
      '-n',
      shop.namespace,
      'wait',
      `sis/${shop.canary}`,
      '--for=condition=Ready',
      '--timeout=5s',
    ]),
  );
}

async function lookAround(checkout: Checkout): Promise<void> {
  const { nodeHost } = await access();
  chapter('Look around (the requests have stopped)');
  show(
    [
      `make demo-shell     a shell whose kubectl reaches this cluster; then for example`,
      `                      kubectl -n ${shop.namespace} describe sis ${shop.canary}`,
      `                      kubectl -n ${shop.namespace} get sis ${shop.canary} -o yaml`,
      `                      kubectl -n siskin-system logs deployment/siskin`,
      `the application     curl -H 'Host: ${shop.host}' http://${nodeHost}:${nodePorts.gateway}/`,
      `Prometheus          ${await prometheusUrl()}`,
      `Slack's messages    curl ${await slackUrl()}/_messages`,
      `the repository      git -C ${checkout.repository.folder} log`,
      `make demo-down      removes the cluster; what was built is kept`,
    ].join('\n'),
    ' ',
  );
}

async function showDiff(checkout: Checkout): Promise<void> {
  const diff = await git(
    ['show', '--format=commit %h  %an: %s', '--unified=0', 'HEAD'],
    checkout.repository.folder,
  );
  const lines = diff.split('\n').filter(line => /^(commit|[-+] )/u.test(line));
  show(lines.join('\n'));
}

async function showCommit(checkout: Checkout, commit: string, options: string[]): Promise<string> {
  const text = await git(['show', ...options, commit], checkout.repository.folder);
  show(text);
  return text;
}

async function showCommand(args: string[]): Promise<void> {
  command(`kubectl ${args.join(' ')}`);
  show(await kubectl(args));
}

/** The two newest seconds that are over hold answers of this version only. */
async function claimAllFrom(version: string): Promise<void> {
  await waitFor(
    `all answers to come from ${version}`,
    async () => {
      const since = Math.floor(Date.now() / 1_000) - 3;
      const summary = summarize(await loadStats({ stream: loadStream, since }));
      return summary.answered > requestsPerSecond && summary.share(version) === 1 ? true : undefined;
    },
    { timeoutMs: 15_000 },
  );
}

/** The path holds exactly what it held when 1.1.0 was released. */
async function claimSameTree({ repository }: Checkout): Promise<void> {
  const tree = async (commit: string): Promise<string> =>
    git(['rev-parse', `${commit}:${appPath}`], repository.folder);
  claim((await tree('HEAD')) === (await tree('HEAD~2')), 'Git does not hold the last good state');
  say(`Git's head holds exactly the files of 1.1.0 again.`);
}
