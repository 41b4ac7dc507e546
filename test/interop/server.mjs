// A Bayeux server made of Faye, for the interoperability test. It listens on
// the loopback port given as argument (0: any free one), says which on the
// first line of its output, and publishes what is posted to /publish.
import http from 'node:http';
import faye from 'faye';

const bayeux = new faye.NodeAdapter({ mount: '/bayeux', timeout: 5 });

// One after the other: Faye does not keep the order of publishes that are
// under way together.
async function publish({ channel, from, to }) {
  for (let n = from; n <= to; n += 1) {
    await bayeux.getClient().publish(channel, { n });
  }
}

const server = http.createServer((request, response) => {
  if (request.method !== 'POST' || request.url !== '/publish') {
    response.writeHead(404).end();
    return;
  }
  let body = '';
  request.on('data', (part) => { body += part; });
  request.on('end', () => {
    publish(JSON.parse(body)).then(
      () => response.writeHead(204).end(),
      (error) => response.writeHead(500).end(String(error)),
    );
  });
});

bayeux.attach(server);
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  console.log(JSON.stringify({ port: server.address().port }));
});
