namespace MicroGpt;

/// <summary>
/// Sums a gradient over the ranks in the order in which one machine would. A part of the parameters goes from rank to
/// rank: each adds its own documents, position after position, to the sum over the documents of the ranks before it. The
/// last has the sum, which goes on around the ring to all. While a part is with one rank, the next part is with the rank
/// before. Each rank sends and receives what it would in a ring allreduce, whose order would be another.
/// </summary>
sealed unsafe class GradientRing(Ranks ranks)
{
    /// <summary>Where a part is in memory.</summary>
    public readonly record struct Part(nint Start, int Bytes);

    nint[] arriving = [], leaving = [], returning = [], forwarded = []; // requests, by part

    bool IsFirst => ranks.Rank == 0;

    bool IsLast => ranks.Rank == ranks.Count - 1;

    // The last rank has had the sum from the beginning, so the one before it is the last to get it.
    bool PassesOn => ranks.Rank < ranks.Count - 2;

    /// <summary>Leaves the sums over all ranks in the memory of the parts.</summary>
    /// <param name="parts">The same on all ranks.</param>
    /// <param name="add">
    /// Gets the index of a part, whose memory holds the sum over the ranks before this one, and adds this rank's share.
    /// On rank 0 it holds nothing yet.
    /// </param>
    public void Sum(ReadOnlySpan<Part> parts, Action<int> add)
    {
        // A part comes back this many parts after it left: once around the ring. (Nobody then waits for it.)
        var lag = Math.Min(ranks.Count + 1, parts.Length);
        if (arriving.Length < parts.Length)
        {
            (arriving, leaving) = (new nint[parts.Length], new nint[parts.Length]);
            (returning, forwarded) = (new nint[parts.Length], new nint[parts.Length]);
        }
        for (var i = 0; i < parts.Length && !IsFirst; i++)
        {
            arriving[i] = Receive(parts[i], Ranks.Partial);
        }
        for (var i = 0; i < parts.Length + lag; i++)
        {
            if (i < parts.Length)
            {
                if (!IsFirst)
                {
                    ranks.Wait(ref arriving[i]);
                }
                add(i);
                leaving[i] = Send(parts[i], IsLast ? Ranks.Total : Ranks.Partial);
            }
            if (!IsLast && i > 0 && i <= parts.Length)
            {
                ranks.Wait(ref leaving[i - 1]);
                returning[i - 1] = Receive(parts[i - 1], Ranks.Total);
            }
            if (!IsLast && i >= lag)
            {
                Return(parts[i - lag], i - lag);
            }
        }
        for (var i = 0; i < parts.Length; i++)
        {
            if (IsLast || PassesOn)
            {
                ranks.Wait(ref IsLast ? ref leaving[i] : ref forwarded[i]);
            }
        }
    }

    // A sum comes back.
    void Return(Part part, int index)
    {
        ranks.Wait(ref returning[index]);
        forwarded[index] = PassesOn ? Send(part, Ranks.Total) : 0;
    }

    nint Send(Part part, int tag) => ranks.Send((void*)part.Start, part.Bytes, tag);

    nint Receive(Part part, int tag) => ranks.Receive((void*)part.Start, part.Bytes, tag);
}
