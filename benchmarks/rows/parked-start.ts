/**
 * Row 1b: cold starts from parked sandboxes, of functions that no booted runtime fits: one with a
 * runtime of its own, without and with an extension. The control is a server without them, asked
 * in turn. The programs are in Perl, which starts in a few milliseconds: the rest is the platform's.
 */
import { createFunction, publishLayer, startBenchServer } from '../bench-server.ts';
import { createInvokeClient, mustSucceed } from '../invoke-client.ts';
import { parkedAtRest } from '../pool-at-rest.ts';
import { milliseconds, ratio, summarise } from '../statistics.ts';
import type { Line } from '../scoreboard.ts';

/** An HTTP exchange over a connection of its own; answers the whole text. */
const PERL = `#!/usr/bin/perl
use strict; use IO::Socket::INET;
sub ask { my ($method, $path, $body, @headers) = @_;
  my $api = IO::Socket::INET->new(PeerAddr => $ENV{AWS_LAMBDA_RUNTIME_API}, Proto => 'tcp') or die;
  print $api join("\\r\\n", "$method $path HTTP/1.1", "Host: api", "Connection: close",
    "Content-Length: " . length($body), @headers, "", $body);
  local $/; my $text = <$api>; return $text; }
`;
const BOOTSTRAP = `${PERL}
my $base = '/2018-06-01/runtime/invocation';
while (1) {
  ask('GET', "$base/next", '') =~ /lambda-runtime-aws-request-id: (\\S+)/i or die;
  ask('POST', "$base/$1/response", '{"ok":true}');
}
`;
const EXTENSION = `${PERL}
my $base = '/2020-01-01/extension';
ask('POST', "$base/register", '{"events":["SHUTDOWN"]}', 'Lambda-Extension-Name: sleeps')
  =~ /lambda-extension-identifier: (\\S+)/i or die;
ask('GET', "$base/event/next", '', "Lambda-Extension-Identifier: $1");
`;

export async function parkedStarts(count: number): Promise<readonly Line[]> {
  await using pooled = await startBenchServer();
  await using without = await startBenchServer(['--parked', '0']);
  const lines: Line[] = [];
  for (const hasExtension of [false, true]) {
    const samples: [number[], number[]] = [[], []];
    for (const server of [pooled, without]) {
      const layers = hasExtension
        ? [await publishLayer(server, { 'extensions/sleeps': EXTENSION })]
        : [];
      for (let index = 0; index <= count; index += 1) {
        const name = `parked-${hasExtension}-${index}`;
        const files = { bootstrap: BOOTSTRAP };
        const runtime = 'provided.al2023';
        await createFunction(server, { name, runtime, handler: 'any', files, layers });
      }
    }
    // The first one makes known what is wanted and is no sample.
    for (let index = 0; index <= count; index += 1) {
      for (const [at, server] of [pooled, without].entries()) {
        if (server === pooled && index > 0) await parkedAtRest(server.endpoint, hasExtension);
        const client = createInvokeClient(server.endpoint, 1);
        const startedAt = performance.now();
        mustSucceed(await client.invoke(`parked-${hasExtension}-${index}`, '{}'));
        if (index > 0) samples[at]?.push(performance.now() - startedAt);
        client.close();
      }
    }
    lines.push(lineOf(hasExtension, samples));
  }
  return lines;
}

function lineOf(hasExtension: boolean, [own, other]: readonly [number[], number[]]): Line {
  const { p50, p90, p99 } = summarise(own);
  const without = summarise(other).p50;
  return {
    row: '1b',
    metric: `cold start provided.al2023${hasExtension ? ' with an extension' : ''}, p50 (p99)`,
    value: `${milliseconds(p50)} (${milliseconds(p99)}), ${ratio(p50 / without)} without parked ones`,
    control: `without ${milliseconds(without)}`,
    target: 'none yet',
    numbers: { p50, p90, p99, without },
  };
}
