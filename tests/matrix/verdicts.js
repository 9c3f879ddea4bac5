// What Node.js makes of each case: a server and a client of its own on the loopback.
//
// node verdicts.js FOLDER < "NAME HOST" lines; prints NAME, accept or reject, and the reason, between tabs.
const fs = require('fs');
const path = require('path');
const tls = require('tls');

const folder = process.argv[2];
const read = (...names) => fs.readFileSync(path.join(folder, ...names));

function handshake(name, host) {
  return new Promise((resolve, reject) => {
    // The server serves whatever it is given; the client is the judge.
    const server = tls.createServer({
      cert: read(name, 'server.fullchain.crt'),
      key: read(name, 'server.key'),
      ciphers: 'DEFAULT:@SECLEVEL=0',
    });
    server.on('tlsClientError', () => {});
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const crl = fs.existsSync(path.join(folder, name, 'ca.crl')) ? [read(name, 'ca.crl')] : undefined;
      const end = outcome => { server.close(); client.destroy(); outcome(); };
      const client = tls.connect(
        { host: '127.0.0.1', port: server.address().port, servername: host, ca: [read('ca.crt')], crl },
        () => end(resolve));
      client.on('error', error => end(() => reject(error)));
    });
  });
}

async function main() {
  for (const line of fs.readFileSync(0, 'utf8').trim().split('\n')) {
    const [name, host] = line.split(' ');
    if (fs.existsSync(path.join(folder, name, 'server.jks'))) continue;
    let told = ['accept', ''];
    try {
      await handshake(name, host);
    } catch (error) {
      told = ['reject', `${error.code} ${error.message}`.replace(/\s+/g, ' ')];
    }
    console.log([name, ...told].join('\t'));
  }
}

main();
