import { openReplay, signedInvoke } from './replay-connection.ts';
import { createFunction } from './bench-server.ts';
const endpoint='http://127.0.0.1:4599';
const { IAMClient, CreateRoleCommand, AttachRolePolicyCommand } = await import('@aws-sdk/client-iam');
const iam=new IAMClient({endpoint,region:'us-east-1',credentials:{accessKeyId:'test',secretAccessKey:'test'}});
await iam.send(new CreateRoleCommand({RoleName:'bench',AssumeRolePolicyDocument:JSON.stringify({Version:'2012-10-17',Statement:{Effect:'Allow',Principal:{Service:'lambda.amazonaws.com'},Action:'sts:AssumeRole'}})})).catch(()=>{});
await iam.send(new AttachRolePolicyCommand({RoleName:'bench',PolicyArn:'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'}));
await createFunction({endpoint} as any,{name:'echo',runtime:'nodejs26.x',handler:'index.handler',files:{'index.mjs':'export const handler = async (event) => event;'}}).catch(e=>console.log(String(e)));
const bytes=signedInvoke(endpoint,'echo','{}');
for (const conns of (process.argv[2]??'1,8').split(',').map(Number)) { const cs=await Promise.all(Array.from({length:conns},()=>openReplay(endpoint,bytes))); 
for(const sec of [2,5]){const until=performance.now()+sec*1000; let n=0; const t0=performance.now();
await Promise.all(cs.map(async c=>{while(performance.now()<until){await c.roundTrip();n++}})); console.log(conns, Math.round(n*1000/(performance.now()-t0)),'/s');} cs.forEach(c=>c.close()); }
