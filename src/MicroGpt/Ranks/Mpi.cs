using System.Runtime.InteropServices;
using System.Text;

namespace MicroGpt;

/// <summary>
/// The nine functions of MPI that a training run calls, from the implementation whose launcher started this process. The
/// functions are the same everywhere. What differs is how C's header writes the communicator of all ranks, the type of a
/// byte, and the status that nobody wants: as addresses in Open MPI, as numbers in MPICH and its relatives, and as other
/// numbers in the standard ABI of MPI 5.
/// </summary>
/// <remarks>One thread only may call it (MPI_THREAD_FUNNELED). By MPI's default, an error in it ends all ranks.</remarks>
sealed unsafe class Mpi
{
    const int LongestVersion = 8192; // the largest MPI_MAX_LIBRARY_VERSION_STRING of all
    const string StandardAbi = "libmpi_abi.so.0";

    // The second of MPI's four levels; the standard ABI spells it differently.
    const int Funneled = 1, FunneledOfStandardAbi = 1024;

    static readonly string[] ofOpenMpi = ["libmpi.so.40", "libmpi.so"];
    static readonly string[] ofMpich = ["libmpich.so.12", "libmpi.so.12", StandardAbi, "libmpi.so"];
    static readonly string[] relativesOfMpich = ["MPICH", "Intel", "MVAPICH", "ParaStation"];

    readonly nint library;
    readonly nint world, bytes; // MPI_COMM_WORLD, MPI_BYTE
    readonly void* noStatus;    // MPI_STATUS_IGNORE

    // A handle is an int or a pointer. Passed in a register, and stored in zeroed memory of a little-endian machine, one
    // as wide as a pointer serves both.
    readonly delegate* unmanaged[Cdecl]<void*, int, nint, int, int, nint, nint*, int> send, receive;
    readonly delegate* unmanaged[Cdecl]<nint*, int*, void*, int> test;
    readonly delegate* unmanaged[Cdecl]<nint, int, int> abort;
    readonly delegate* unmanaged[Cdecl]<int> finalize;

    /// <summary>Loads the library and joins the other ranks.</summary>
    /// <param name="isOpenMpi">Whether the launcher is Open MPI's.</param>
    /// <exception cref="PlatformNotSupportedException">There is no library, or not one that this class knows.</exception>
    public Mpi(bool isOpenMpi)
    {
        var names = isOpenMpi ? ofOpenMpi : ofMpich;
        var name = Array.Find(names, name => NativeLibrary.TryLoad(name, out _))
            ?? throw new PlatformNotSupportedException("a launcher of MPI started this process, "
                + $"but the library of MPI can't be loaded: there is no {string.Join(" and no ", names)}");
        library = NativeLibrary.Load(name);
        var version = Version();
        int level = Funneled, provided;
        if (version.StartsWith("Open MPI", StringComparison.Ordinal))
        {
            (world, bytes) = (Export("ompi_mpi_comm_world"), Export("ompi_mpi_byte"));
        }
        else if (name == StandardAbi)
        {
            (world, bytes, level) = (0x101, 0x247, FunneledOfStandardAbi);
        }
        else if (Array.Exists(relativesOfMpich, word => version.Contains(word, StringComparison.OrdinalIgnoreCase)))
        {
            (world, bytes) = (0x44000000, 0x4c00010d);
            noStatus = (void*)1;
        }
        else
        {
            throw new PlatformNotSupportedException(
                $"{name} is an MPI that is not supported: {version}; Open MPI, MPICH and their relatives are");
        }
        send = (delegate* unmanaged[Cdecl]<void*, int, nint, int, int, nint, nint*, int>)Export("MPI_Isend");
        receive = (delegate* unmanaged[Cdecl]<void*, int, nint, int, int, nint, nint*, int>)Export("MPI_Irecv");
        test = (delegate* unmanaged[Cdecl]<nint*, int*, void*, int>)Export("MPI_Test");
        abort = (delegate* unmanaged[Cdecl]<nint, int, int>)Export("MPI_Abort");
        finalize = (delegate* unmanaged[Cdecl]<int>)Export("MPI_Finalize");
        var initialize = (delegate* unmanaged[Cdecl]<int*, byte***, int, int*, int>)Export("MPI_Init_thread");
        Require(initialize(null, null, level, &provided), "MPI_Init_thread");
        if (provided < level)
        {
            throw new PlatformNotSupportedException($"{name} does not support threads beside the one that calls it");
        }
        (Rank, Count) = (Number("MPI_Comm_rank"), Number("MPI_Comm_size"));
    }

    /// <summary>Which of the ranks this process is, from 0.</summary>
    public int Rank { get; }

    /// <summary>The number of ranks.</summary>
    public int Count { get; }

    /// <summary>Begins to send; the bytes must stay as they are until <see cref="IsDone"/>.</summary>
    /// <returns>The request, for <see cref="IsDone"/>.</returns>
    public nint Send(void* start, int count, int rank, int tag)
    {
        nint request = 0;
        Require(send(start, count, bytes, rank, tag, world, &request), "MPI_Isend");
        return request;
    }

    /// <summary>Begins to receive what that rank sends with that tag, in the order in which it sends.</summary>
    /// <returns>The request, for <see cref="IsDone"/>.</returns>
    public nint Receive(void* start, int count, int rank, int tag)
    {
        nint request = 0;
        Require(receive(start, count, bytes, rank, tag, world, &request), "MPI_Irecv");
        return request;
    }

    /// <summary>Whether the request is done. It also gives the library time to work on all others.</summary>
    public bool IsDone(ref nint request)
    {
        var (copy, flag) = (request, 0);
        Require(test(&copy, &flag, noStatus), "MPI_Test");
        request = copy;
        return flag != 0;
    }

    /// <summary>Ends all ranks. Does not return.</summary>
    public void Abort(int exitCode) => _ = abort(world, exitCode);

    /// <summary>Waits until all ranks have called it; nothing else may be called afterwards.</summary>
    public void Finish() => Require(finalize(), "MPI_Finalize");

    // The first line of what the library says of itself, without what does not print.
    string Version()
    {
        var text = stackalloc byte[LongestVersion];
        var length = 0;
        var ask = (delegate* unmanaged[Cdecl]<byte*, int*, int>)Export("MPI_Get_library_version");
        Require(ask(text, &length), "MPI_Get_library_version");
        var line = Encoding.UTF8.GetString(text, Math.Clamp(length, 0, LongestVersion)).Split('\n')[0];
        return string.Concat(line.Select(c => char.IsControl(c) ? ' ' : c)).Trim();
    }

    int Number(string function)
    {
        var number = 0;
        Require(((delegate* unmanaged[Cdecl]<nint, int*, int>)Export(function))(world, &number), function);
        return number;
    }

    nint Export(string symbol) => NativeLibrary.TryGetExport(library, symbol, out var address) ? address
        : throw new PlatformNotSupportedException($"the library of MPI lacks {symbol}");

    static void Require(int error, string function)
    {
        if (error != 0)
        {
            throw new InvalidOperationException($"{function} failed with the error {error}");
        }
    }
}
