/** What the service process does, wherever it runs: each kind of order is a part of its own, loaded when it is first given. */
import type { Orders } from '../../acme/orders.ts';
import type { Forwarder } from '../../names/dns/forwarder.ts';
import { DnsMemory } from '../../names/dns/memory.ts';
import type { Resolver } from '../../names/dns/resolvers.ts';
import type { Observe } from '../../observe/events.ts';
import type { Desk } from '../../status/desk.ts';
import type { Served } from '../../status/http/listen.ts';
import type { ServiceAnswer, ServiceQuestion, StandingOrder } from './messages.ts';

type OrderOf<Kind extends StandingOrder['kind']> = Extract<StandingOrder, { readonly kind: Kind }>;

const MAIN = { id: 'main', service: undefined } as const;

export class ServiceServer {
  readonly #observe: Observe;
  readonly #names = new DnsMemory();
  #orders: Orders | undefined;
  /** Where tokens of HTTP-01 stand in files. */
  readonly #tokenFolders = new Set<string>();
  readonly #answering: (() => void)[] = [];
  #forwarder: Forwarder | undefined;

  readonly #read: Desk['read'];
  readonly #served: Served[] = [];

  /** @param read where the status port asks */
  constructor(observe: Observe, read: Desk['read']) {
    this.#observe = observe;
    this.#read = read;
  }

  /** Begins work that goes on. @param descriptors of the order, this object's from here on */
  async begin(order: StandingOrder, descriptors: readonly number[]): Promise<void> {
    switch (order.kind) {
      case 'answer-dns':
        return this.#answerDns(order, descriptors);
      case 'serve-status':
        return this.#serveStatus(order, descriptors);
      case 'ask-certificates':
        return this.#askCertificates(order, descriptors);
      case 'fetch-lists':
        await loadFetching(); // while its modules can be found
        return undefined;
    }
  }

  async answer(question: ServiceQuestion): Promise<ServiceAnswer> {
    switch (question.kind) {
      case 'begin-order':
        return { kind: 'order', step: await (await this.#loadOrders()).begin(question.wanted) };
      case 'finish-order':
        return { kind: 'order', step: await (await this.#loadOrders()).finish(question.order) };
      case 'renewal-window':
        return { kind: 'window', window: await (await this.#loadOrders()).window(question.wanted) };
      case 'name-told':
        return { kind: 'name', name: this.#names.nameFor(question.client, question.address) };
      case 'fetch-list':
        return { kind: 'list', list: await (await loadFetching()).fetchRevocationList(question.wanted) };
    }
  }

  /** Ends all of it; every socket is closed. */
  close(): void {
    this.#forwarder?.close();
    for (const end of this.#answering.splice(0)) end();
    void this.#orders?.close();
    for (const each of this.#served.splice(0)) each.close();
  }

  /** Everything is loaded while it can be found. */
  async #askCertificates({ folders }: OrderOf<'ask-certificates'>, [listening]: readonly number[]): Promise<void> {
    await this.#loadOrders();
    await (await import('../../acme/orders.ts')).loadLibrary();
    for (const folder of folders) this.#tokenFolders.add(folder);
    if (listening === undefined) return;
    const { answerChallenges } = await import('../../acme/challenge-answers.ts');
    this.#answering.push(await answerChallenges(listening, () => [...this.#tokenFolders]));
  }

  async #loadOrders(): Promise<Orders> {
    const { Orders } = await import('../../acme/orders.ts');
    this.#orders ??= new Orders();
    return this.#orders;
  }

  async #serveStatus({ access, tls }: OrderOf<'serve-status'>, [listening]: readonly number[]): Promise<void> {
    const { serveDescriptor } = await import('../../status/http/listen.ts');
    const desk: Desk = { read: this.#read, control: undefined };
    this.#served.push(await serveDescriptor(listening as number, { desk, access, changes: false }, tls));
  }

  async #answerDns({ address, resolvers }: OrderOf<'answer-dns'>, [udp, tcp]: readonly number[]): Promise<void> {
    const forwarder = await this.#forwarderFor(resolvers);
    const { openDnsSockets } = await import('../../names/dns/open-sockets.ts');
    const sockets = await openDnsSockets(address, udp as number, tcp as number);
    forwarder.serveUdp(sockets.udp);
    forwarder.serveTcp(sockets.tcp);
  }

  async #forwarderFor(known: readonly Resolver[]): Promise<Forwarder> {
    const [{ Forwarder }, { systemResolvers }] = await Promise.all([
      import('../../names/dns/forwarder.ts'),
      import('../../names/dns/resolvers.ts'),
    ]);
    const warn = (text: string): void => this.#observe({ kind: 'dns-trouble', text }, MAIN);
    this.#forwarder ??= new Forwarder({ memory: this.#names, resolvers: systemResolvers({ known }), warn });
    return this.#forwarder;
  }
}

function loadFetching(): Promise<typeof import('../../tls/revocation/crl-fetch.ts')> {
  return import('../../tls/revocation/crl-fetch.ts');
}
