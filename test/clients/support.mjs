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
