namespace MicroGpt;

/// <summary>Memory that does not move while this object lives, so that kernels can use pointers to it.</summary>
unsafe class PinnedMemory
{
    readonly List<double[]> memory = [];

    /// <summary>Zeroed float64 numbers, aligned to a 64-byte cache line.</summary>
    public double* Take(long count) => (double*)TakeBytes(count * sizeof(double));

    /// <summary>The same for float32.</summary>
    public float* TakeFloats(long count) => (float*)TakeBytes(count * sizeof(float));

    /// <summary>0, 1, 2, ...: each number is its index.</summary>
    public int* Take(int count, Func<int, int> number)
    {
        var numbers = (int*)TakeBytes((long)count * sizeof(int));
        for (var i = 0; i < count; i++)
        {
            numbers[i] = number(i);
        }
        return numbers;
    }

    /// <summary>Zeroed bytes. Nothing before or beyond them may be read or written.</summary>
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
