import { generateKeyPairSync } from 'node:crypto'

// Shared by the scripts: how the org is reached, and changes to look at.
export const org = {
  url: process.env.ORG_URL,
  pubsub: process.env.ORG_PUBSUB,
  clientId: process.env.ORG_CLIENT_ID,
  clientSecret: process.env.ORG_CLIENT_SECRET,
  username: process.env.ORG_USERNAME,
  password: process.env.ORG_PASSWORD,
}

export const version = '66.0'

// token asks for an access token as a server without a user does.
export async function token() {
  const answer = await fetch(`${org.url}/services/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: org.clientId,
      client_secret: org.clientSecret,
    }),
  })
  if (!answer.ok) throw new Error(`token: ${answer.status} ${await answer.text()}`)
  return (await answer.json()).access_token
}

// contact makes one and returns its id.
export async function contact(accessToken, name) {
  const answer = await fetch(`${org.url}/services/data/v${version}/sobjects/Contact`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${accessToken}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ LastName: name }),
  })
  if (answer.status !== 201) throw new Error(`create: ${answer.status} ${await answer.text()}`)
  return (await answer.json()).id
}

// until waits for something, with a deadline that only a broken org reaches.
export async function until(what, ready) {
  const deadline = Date.now() + 20_000
  while (!ready()) {
    if (Date.now() > deadline) throw new Error(`still waiting for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

// named tells the last names among change events, in their order.
export const named = (events) => events.map((e) => e.payload.Name.LastName)

// setup does what an admin does in the org.
export async function setup(path, body, method = 'POST') {
  const answer = await fetch(`${org.url}/_sim/${path}`, {
    method,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
  return answer.status === 204 ? null : answer.json()
}

// channel is a custom one, of contacts with their e-mail address.
export async function customChannel(name) {
  await setup('channels', { name, members: { Contact: ['Email', 'MailingCity'] } })
  return name
}

// change writes some fields of a contact.
export async function change(accessToken, id, fields) {
  const answer = await fetch(`${org.url}/services/data/v${version}/sobjects/Contact/${id}`, {
    method: 'PATCH',
    headers: { Authorization: `Bearer ${accessToken}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(fields),
  })
  if (answer.status !== 204) throw new Error(`update: ${answer.status} ${await answer.text()}`)
}

// appKey gives the connected app a new key pair and returns the private one.
export async function appKey() {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
  await setup('app/key', pair.publicKey.export({ type: 'spki', format: 'pem' }), 'PUT')
  return pair.privateKey.export({ type: 'pkcs8', format: 'pem' })
}

// agree does what a person does in the browser, and returns the code.
export async function agree(address) {
  const post = (path, fields) =>
    fetch(org.url + path, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' })
  const hidden = async (page) => /name="request" value="([^"]+)"/.exec(await page.text())[1]
  const login = await hidden(await fetch(address))
  const consent = await hidden(
    await post('/services/oauth2/login', { request: login, username: org.username, password: org.password }),
  )
  const back = await post('/services/oauth2/consent', { request: consent, decision: 'allow' })
  return new URL(back.headers.get('location')).searchParams.get('code')
}
