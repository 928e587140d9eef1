using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace MicroGpt;

/// <summary>
/// The processes, on one machine or on several, that train one model together: <c>mpirun -n 4</c> starts four. Each runs
/// the same program and makes a <see cref="Trainer"/> from the same data and options; each step's documents are divided
/// among them. The model has the same bits on any number of ranks.
/// </summary>
/// <remarks>
/// Rank 0 leads: the others take a step when it does, and their <see cref="Trainer.Run"/> ends when its does. So it alone
/// should print, save and decide to stop. Not thread-safe; all ranks are used from the thread that joined.
/// </remarks>
public sealed unsafe class Ranks : IDisposable
{
    // What the launchers tell a process: the variables with the number of ranks, with this one's, and with the number on
    // this machine. The second row: MPICH, its relatives, and Slurm; the third: Slurm with PMIx.
    static readonly (string Count, string Rank, string Here, bool IsOpenMpi)[] launchers =
    [
        ("OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE", true),
        ("PMI_SIZE", "PMI_RANK", "MPI_LOCALNRANKS", false),
        ("SLURM_NTASKS", "PMIX_RANK", "SLURM_NTASKS_PER_NODE", true),
    ];

    // Kinds of messages. (Messages of a kind come in the order they were sent.)
    internal const int Partial = 1, Total = 2;
    const int Word = 3;

    // What rank 0 tells: that there is another step, that there is none, and (plus its exit code) that it leaves.
    const int Going = 1, Stopping = 0, Leaving = 2;

    const int Facts = 4, Digits = 64; // what the ranks compare before the first step, as digits of SHA-256

    // How long a rank that waits for another keeps its core: a step's messages come within that, unless rank 0 saves or
    // validates. Then how long it leaves the core to others but looks again at once.
    static readonly TimeSpan patience = TimeSpan.FromMilliseconds(0.2), attention = TimeSpan.FromMilliseconds(20);

    // How long an interrupted rank 0 waits for the others to finish a step: a launcher that ends a run kills after 1 s.
    static readonly TimeSpan grace = TimeSpan.FromMilliseconds(400);

    // How long a rank waits before it ends all: a launcher drops what it has not yet passed on from the rank's output.
    static readonly TimeSpan delivery = TimeSpan.FromMilliseconds(300);

    // Who waits for this rank.
    enum Phase
    {
        Meeting, // all: to hear whether it can begin
        Between, // all, for rank 0: to hear whether there is a step
        InStep,  // its neighbour: for its share of the step
        Over,    // nobody
    }

    static Ranks? joined;

    readonly Mpi mpi;
    Phase phase;
    CancellationToken cancellation; // of rank 0, during a run
    int speaker;                    // the rank that says why all end
    int? code;                      // with which they agreed to end
    int? led;                       // the code with which rank 0 has left
    bool hasStopped;                // a run, before rank 0 said that it had
    bool hasLeft;

    Ranks(Mpi mpi, int here) => (this.mpi, Here) = (mpi, here);

    /// <summary>Joins the other ranks, if a launcher of MPI (mpirun, mpiexec, srun) started this process.</summary>
    /// <returns>
    /// null if none did; then no library of MPI is loaded. Further calls return the same object: a process joins once.
    /// </returns>
    /// <exception cref="PlatformNotSupportedException">
    /// The launcher's library of MPI is missing, belongs to another launcher, or is not supported.
    /// </exception>
    public static Ranks? Join()
    {
        if (joined != null)
        {
            return joined;
        }
        var launcher = Array.Find(launchers, launcher => Number(launcher.Count) > 0 && Number(launcher.Rank) >= 0);
        if (launcher.Count == null)
        {
            return null;
        }
        var mpi = new Mpi(launcher.IsOpenMpi);
        if (mpi.Count != Number(launcher.Count))
        {
            throw new PlatformNotSupportedException($"the launcher started {Number(launcher.Count)} ranks, "
                + $"but the library of MPI knows of {mpi.Count}: they do not belong together");
        }
        return joined = new(mpi, Math.Max(1, Number(launcher.Here)));
    }

    /// <summary>Which of the ranks this process is, from 0.</summary>
    public int Rank => mpi.Rank;

    /// <summary>The number of ranks.</summary>
    public int Count => mpi.Count;

    /// <summary>The number of ranks on this machine, as far as the launcher says.</summary>
    internal int Here { get; }

    /// <summary>
    /// The cores for the threads of this rank: its part of the machine's, but not more than the launcher has bound it to.
    /// </summary>
    internal int Cores => Math.Clamp(CoresOfMachine() / Here, 1, Environment.ProcessorCount);

    internal int Next => (Rank + 1) % Count;

    internal int Previous => (Rank + Count - 1) % Count;

    /// <summary>
    /// Leaves the other ranks, after they have been told: those of a run that goes on end with it. Waits until all leave.
    /// Must come last, once, and on each rank.
    /// </summary>
    /// <param name="exitCode">With which the process will end.</param>
    /// <param name="say">
    /// Says why, if the code is not 0. It is called on one rank only, although all may have failed in the same way.
    /// </param>
    /// <returns>The exit code of the rank that failed first; 0 if none did.</returns>
    public int Leave(int exitCode, Action? say = null)
    {
        if (hasLeft)
        {
            return exitCode;
        }
        if (!Settle(exitCode))
        {
            say?.Invoke();
            Thread.Sleep(delivery);
            mpi.Abort(Math.Max(1, exitCode));
        }
        if (Rank == speaker)
        {
            say?.Invoke();
        }
        hasLeft = true;
        led ??= Tell(Leaving + (code ?? exitCode)) - Leaving;
        mpi.Finish();
        return led.Value;
    }

    /// <summary>
    /// Leaves with the code 0. Where others wait for this rank's share of a step, it does nothing: the launcher ends them
    /// with this process.
    /// </summary>
    public void Dispose()
    {
        if (!hasLeft && Settle(exitCode: 0))
        {
            Leave(0);
        }
    }

    /// <summary>Verifies that all ranks begin the same run.</summary>
    /// <param name="facts">Each with the predicate of a sentence about a rank whose value differs from rank 0's.</param>
    /// <exception cref="InvalidOperationException">They do not, or one of them could not begin.</exception>
    internal void Agree(params (string Differs, string Value)[] facts)
    {
        if (Count > 1 && phase == Phase.Meeting)
        {
            var hashes = facts.Select(fact => Sha256Hash.Of(Encoding.UTF8.GetBytes(fact.Value)));
            Meet(0, [.. facts.Zip(hashes, (fact, hash) => (fact.Differs, hash))]);
        }
        phase = Phase.Between;
    }

    /// <summary>Whether there is another step: rank 0 says so, and the others hear it.</summary>
    internal bool BeginStep(CancellationToken cancellation)
    {
        this.cancellation = Rank == 0 ? cancellation : default;
        if (hasStopped && Tell(Going) == Going)
        {
            throw new InvalidOperationException($"rank {Rank} stopped the run, but rank 0 went on");
        }
        hasStopped = false;
        var word = led == null ? Tell(Going) : Stopping;
        led ??= word >= Leaving ? word - Leaving : null;
        phase = word == Going ? Phase.InStep : Phase.Over;
        return phase == Phase.InStep;
    }

    internal void EndStep() => phase = Phase.Between;

    /// <summary>Ends the run, however it ended here.</summary>
    /// <param name="isKnown">Whether the other ranks know of themselves, since they took the same steps.</param>
    internal void EndRun(bool isKnown)
    {
        cancellation = default;
        if (isKnown)
        {
            phase = Phase.Over;
        }
        else if (phase == Phase.Between && Rank == 0)
        {
            Tell(Stopping);
            phase = Phase.Over;
        }
        else if (phase == Phase.Between)
        {
            hasStopped = true; // perhaps for a reason that rank 0 has too; its word comes later
        }
    }

    internal nint Send(void* start, int bytes, int tag) => mpi.Send(start, bytes, Next, tag);

    internal nint Receive(void* start, int bytes, int tag) => mpi.Receive(start, bytes, Previous, tag);

    /// <summary>Waits until a message is sent or received.</summary>
    /// <exception cref="OperationCanceledException">
    /// Rank 0 was interrupted, and the other ranks do not answer. The step can't be finished.
    /// </exception>
    internal void Wait(ref nint request)
    {
        var (start, interrupted) = (Stopwatch.GetTimestamp(), 0L);
        while (!mpi.IsDone(ref request))
        {
            if (cancellation.IsCancellationRequested)
            {
                interrupted = interrupted == 0 ? Stopwatch.GetTimestamp() : interrupted;
                if (Stopwatch.GetElapsedTime(interrupted) > grace)
                {
                    throw new OperationCanceledException(cancellation);
                }
            }
            var waited = Stopwatch.GetElapsedTime(start);
            if (waited > attention)
            {
                Thread.Sleep(1);
            }
            else if (waited > patience)
            {
                Thread.Yield(); // perhaps to the rank we are waiting for
            }
        }
    }

    // Makes sure that nobody waits for this rank any more, if that is possible.
    bool Settle(int exitCode)
    {
        if (Count == 1)
        {
            phase = Phase.Over;
        }
        else if (phase == Phase.Meeting)
        {
            Meet(1 + exitCode, []);
        }
        else if (phase == Phase.Between && (Rank == 0 || exitCode == 0) && Tell(Stopping) == Stopping)
        {
            phase = Phase.Over;
        }
        return phase == Phase.Over;
    }

    // A number from rank 0 to all, from each to the next.
    int Tell(int number)
    {
        if (Rank > 0)
        {
            var request = Receive(&number, sizeof(int), Word);
            Wait(ref request);
        }
        if (Rank < Count - 1)
        {
            var request = Send(&number, sizeof(int), Word);
            Wait(ref request);
        }
        return number;
    }

    // All ranks tell all: whether they begin (status 0) or end (1 + exit code), and the facts. After that the run begins,
    // or all know that it does not.
    void Meet(int status, (string Differs, string Hash)[] facts)
    {
        var own = $"{status:d8}{string.Concat(facts.Select(fact => fact.Hash)),Facts * Digits}";
        var all = Gather(own);
        phase = Phase.Over;
        var leaving = Array.FindAll(all, word => Status(word) != 0);
        if (leaving.Length > 0)
        {
            var first = Array.Find(all, word => Status(word) > 1) ?? leaving[0];
            (speaker, code) = (Array.IndexOf(all, first), Status(first) - 1);
            if (status == 0)
            {
                throw new InvalidOperationException($"rank {speaker} could not begin the run");
            }
            return;
        }
        for (var rank = 1; rank < Count; rank++)
        {
            foreach (var (fact, (differs, _)) in facts.Index())
            {
                if (Hash(all[rank], fact) != Hash(all[0], fact))
                {
                    throw new InvalidOperationException($"rank {rank} {differs} than rank 0");
                }
            }
        }

        static int Status(string word) => int.Parse(word.AsSpan(0, 8), CultureInfo.InvariantCulture);
        static string Hash(string word, int fact) => word.Substring(8 + fact * Digits, Digits);
    }

    // The words of all ranks, equally long. Each rank sends its own to the next; then, Count - 2 times, what it received.
    string[] Gather(string own)
    {
        var length = own.Length;
        var all = GC.AllocateArray<byte>(Count * length, pinned: true);
        Encoding.ASCII.GetBytes(own, all.AsSpan(Rank * length, length));
        var start = (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(all, 0);
        for (var i = 0; i < Count - 1; i++)
        {
            var incoming = Receive(start + (Rank + Count - i - 1) % Count * length, length, Word);
            var outgoing = Send(start + (Rank + Count - i) % Count * length, length, Word);
            Wait(ref incoming);
            Wait(ref outgoing);
        }
        return [.. Enumerable.Range(0, Count).Select(rank => Encoding.ASCII.GetString(all, rank * length, length))];
    }

    // Linux lists them as 0-3,8-11. (The runtime counts only those that this process is bound to.)
    static int CoresOfMachine()
    {
        const string list = "/sys/devices/system/cpu/online";
        return !File.Exists(list) ? Environment.ProcessorCount : File.ReadAllText(list).Trim().Split(',').Sum(range =>
        {
            var ends = Array.ConvertAll(range.Split('-'), end => int.Parse(end, CultureInfo.InvariantCulture));
            return 1 + ends[^1] - ends[0];
        });
    }

    // -1 if there is no such variable.
    static int Number(string variable) => int.TryParse(Environment.GetEnvironmentVariable(variable),
        NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;
}
