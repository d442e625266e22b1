export function oneAtATime(file: string, work: () => void, onWait: (pid: number) => void): void;
