namespace MicroGpt;

/// <summary>Memory that stays where it is for as long as this object lives, so that kernels can point to it.</summary>
unsafe class PinnedMemory
{
    readonly List<double[]> memory = [];

    /// <summary>Zeros, from an address that is a multiple of a cache line's 64 bytes.</summary>
    public double* Take(long count) => (double*)TakeBytes(count * sizeof(double));

    /// <summary>The same, of float32.</summary>
    public float* TakeFloats(long count) => (float*)TakeBytes(count * sizeof(float));

    /// <summary>The number of each index from 0 on.</summary>
    public int* Take(int count, Func<int, int> number)
    {
        var numbers = (int*)TakeBytes((long)count * sizeof(int));
        for (var i = 0; i < count; i++)
        {
            numbers[i] = number(i);
        }
        return numbers;
    }

    /// <summary>So many bytes that are 0. Nothing before or beyond them may be read or written.</summary>
    protected virtual void* TakeBytes(long count)
    {
        var array = GC.AllocateArray<double>(checked((int)((count + 7) / 8 + 8)), pinned: true);
        memory.Add(array);
        fixed (double* start = array)
        {
            return (void*)((nint)start + 63 & ~63);
        }
    }
}
